using RdmaPipeline.Graph.Reshaping;

namespace RdmaPipeline.Graph;

/// <content>Changes while it runs.</content>
public sealed partial class StageGraph<T>
{
    /// <summary>How long a change may take unless it is told otherwise.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_longestTimeout = TimeSpan.FromDays(24);

    /// <summary>
    /// How the graph was built, and the changes since and attempts at them, in the order of their numbers; the last 100 are kept. One that
    /// is given up while it waits for its turn is an attempt; one whose token was cancelled, or whose graph was ending, before is none.
    /// </summary>
    public IReadOnlyList<GraphRevision> Revisions => _editor.History.All;

    /// <summary>
    /// Any thread: changes the graph while it runs. Nothing is lost and no edge reordered: what is inside the part that changes goes on
    /// before the new stages take its place, what comes waits just upstream. One change at a time; others wait for their turn.
    /// </summary>
    /// <param name="edit">
    /// Makes the description that is wanted out of the present one, which it is given in its turn: what earlier changes have done is in it,
    /// and would be undone by one that is made of anything else. It must not wait for another change. A description that differs in nothing
    /// is no change, and no revision.
    /// </param>
    /// <param name="timeout">
    /// How long it may take, earlier changes included: above 0 and at most 24 days, or <see cref="Timeout.InfiniteTimeSpan"/>; null for
    /// <see cref="DefaultTimeout"/>.
    /// </param>
    /// <param name="cancellationToken">Takes the change back, as the timeout does, unless the exchange has begun.</param>
    /// <returns>
    /// The revision that the change has made. Completes when the stages that were taken out are disposed; packets, later changes and the
    /// time that the change may take do not wait for that, and what one of them throws is in <see cref="GraphRevision.DisposalError"/>.
    /// </returns>
    /// <exception cref="StageGraphException">
    /// The description has errors, or a stage cannot be made (the graph has not noticed); or a stage threw when it was attached or handed
    /// its state over (the graph has gone on as it was).
    /// </exception>
    /// <exception cref="TimeoutException">What was under way did not go on in time; the graph has gone on as it was.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the graph has gone on as it was.</exception>
    /// <exception cref="InvalidOperationException">The graph is ending, or has faulted.</exception>
    public Task<GraphRevision> ReconfigureAsync(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> edit, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(edit);
        return _editor.ApplyAsync(edit, Checked(timeout), cancellationToken);
    }

    /// <summary>Any thread: changes the graph back, which is a revision of its own.</summary>
    /// <param name="revision">
    /// The revision to go back to, which must be one of <see cref="Revisions"/> and applied; null for the one before the present.
    /// </param>
    /// <param name="timeout">As for <see cref="ReconfigureAsync"/>.</param>
    /// <param name="cancellationToken">As for <see cref="ReconfigureAsync"/>.</param>
    /// <exception cref="ArgumentException">There is no such revision to go back to.</exception>
    /// <exception cref="StageGraphException">As for <see cref="ReconfigureAsync"/>, as are the others.</exception>
    public Task<GraphRevision> RollbackAsync(
        long? revision = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _editor.ApplyAsync(
            _ => _editor.History.SpecOf(revision ?? _editor.History.Before(Revision)), Checked(timeout), cancellationToken);

    private static TimeSpan Checked(TimeSpan? timeout)
    {
        TimeSpan given = timeout ?? DefaultTimeout;
        return (given > TimeSpan.Zero && given <= s_longestTimeout) || given == Timeout.InfiniteTimeSpan
            ? given
            : throw new ArgumentOutOfRangeException(
                nameof(timeout), given, $"A change takes time: more than 0 and at most {s_longestTimeout}, or infinite.");
    }
}
