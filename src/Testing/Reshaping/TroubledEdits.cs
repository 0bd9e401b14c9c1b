using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using SpecEdit = System.Func<
    RdmaPipeline.Graph.StageGraphSpec<RdmaPipeline.Backends.Packets.PacketBurst>,
    RdmaPipeline.Graph.StageGraphSpec<RdmaPipeline.Backends.Packets.PacketBurst>>;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>A seeded sequence of edits that go wrong.</summary>
internal sealed class TroubledEdits(RandomGraphEdits edits, ulong seed)
{
    private const int InvalidPercent = 25;
    private const int Doublings = 6;

    private static readonly TimeSpan NoTime = TimeSpan.FromTicks(1);
    private static readonly TimeSpan LittleTime = TimeSpan.FromMilliseconds(5);

    private readonly SplitMix _random = new(seed);
    private int _companions;
    private int _invalid = (int)(seed % (ulong)InvalidEdits.All.Length);

    /// <summary>Draws what is to go wrong.</summary>
    public EditTrouble Choose() =>
        _random.Chance(InvalidPercent) ? EditTrouble.Invalid : _random.Pick(Enum.GetValues<EditTrouble>());

    /// <summary>
    /// Makes the stage that has to be in the graph beforehand; null for none. When it was taken out, later edits may bring it back.
    /// </summary>
    public IStage<PacketBurst>? MakeCompanion(EditTrouble trouble) => trouble switch
    {
        EditTrouble.CancelledWhileDraining or EditTrouble.OutOfTimeWhileDraining => new DamStage(NextName()),
        EditTrouble.StateNotGiven or EditTrouble.StateNotTaken => new FailingStage(NextName(), trouble),
        _ => null,
    };

    /// <summary>Makes the edit.</summary>
    /// <param name="trouble">What is to go wrong.</param>
    /// <param name="pipeline">Where.</param>
    /// <param name="companion">The name of the stage that was put in for it.</param>
    public TroubledEdit Make(EditTrouble trouble, DevicePipeline pipeline, string companion) => trouble switch
    {
        EditTrouble.CancelledBefore => new(trouble, "was cancelled", edits.Draw(pipeline)) { CancelAfter = 0 },
        EditTrouble.CancelledMeanwhile =>
            new(trouble, "was cancelled", edits.Draw(pipeline)) { CancelAfter = RandomRound() },
        EditTrouble.CancelledWhileDraining =>
            new(trouble, "was cancelled", spec => spec.Remove(companion)) { CancelAfter = RandomRound() },
        EditTrouble.OutOfTimeAtOnce => new(trouble, "was not changed", edits.Draw(pipeline)) { Timeout = NoTime },
        EditTrouble.OutOfTimeWhileDraining =>
            new(trouble, "has not gone on within", spec => spec.Remove(companion)) { Timeout = LittleTime },
        EditTrouble.Invalid => Invalid(_invalid++),
        EditTrouble.NotMade => new(trouble, "The factory of stage 'bad' failed: no room", spec => edits.Draw(pipeline)(spec)
            .Insert("made", () => new FailingStage("made", null), StageNames.Receive)
            .Insert("bad", () => throw new IOException("no room"), StageNames.Receive)),
        EditTrouble.NotAttached => new(trouble, "Stage 'bad' could not be attached: made to fail", spec => edits.Draw(pipeline)(spec)
            .Insert("bad", () => new FailingStage("bad", trouble), StageNames.Receive)),
        EditTrouble.StateNotGiven => new(trouble, $"Stage '{companion}' could not give its state", Replace(companion, trouble)),
        _ => new(trouble, $"Stage '{companion}' could not take over the state", Replace(companion, trouble)),
    };

    /// <summary>One of the descriptions that no graph can be changed to.</summary>
    public static TroubledEdit Invalid(int number)
    {
        var (words, edit) = InvalidEdits.All[number % InvalidEdits.All.Length];
        return new(EditTrouble.Invalid, words, edit);
    }

    private static SpecEdit Replace(string companion, EditTrouble trouble) =>
        spec => spec.Replace(companion, () => new FailingStage(companion, trouble));

    // A change takes one round or fifty: as often early as late.
    private int RandomRound() => 1 << _random.Below(Doublings);

    private string NextName() => $"{RandomGraphEdits.Extra}for_trouble_{_companions++}";
}
