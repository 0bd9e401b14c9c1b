using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>An edit that is to go wrong.</summary>
/// <param name="Trouble">How.</param>
/// <param name="Words">What the error has to say.</param>
/// <param name="Edit">What is asked for.</param>
internal sealed record TroubledEdit(
    EditTrouble Trouble, string Words, Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> Edit)
{
    /// <summary>How long it may take; null for the usual time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The round of the load before which it is cancelled, from 1; 0: before it is asked for; null: never.</summary>
    public int? CancelAfter { get; init; }

    /// <summary>Whether it may be applied all the same.</summary>
    public bool MayBeApplied => Trouble is EditTrouble.CancelledMeanwhile or EditTrouble.OutOfTimeAtOnce;

    /// <summary>How the attempt is listed; null: not at all, because it never began.</summary>
    public ReconfigurationOutcome? Outcome => Trouble switch
    {
        EditTrouble.CancelledBefore => null,
        EditTrouble.Invalid or EditTrouble.NotMade => ReconfigurationOutcome.Rejected,
        _ => ReconfigurationOutcome.RolledBack,
    };

    /// <summary>Whether it is what has to be thrown.</summary>
    public bool Expects(Exception error) => error.Message.Contains(Words, StringComparison.Ordinal) && Trouble switch
    {
        EditTrouble.CancelledBefore or EditTrouble.CancelledMeanwhile or EditTrouble.CancelledWhileDraining =>
            error is OperationCanceledException,
        EditTrouble.OutOfTimeAtOnce or EditTrouble.OutOfTimeWhileDraining => error is TimeoutException,
        _ => error is StageGraphException { IsChange: true },
    };
}
