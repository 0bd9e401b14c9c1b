using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>Work requests that were taken and have not completed, with the queue pair they were posted to.</summary>
internal sealed class WorkInHand
{
    private readonly Dictionary<ulong, (QueuePair? Pair, bool IsSend, bool IsSilent)> _outstanding = [];
    private readonly HashSet<QueuePair> _reset = [];

    public void PostedSend(QueuePair pair, in SendWorkRequest request) =>
        _outstanding.Add(request.WorkRequestId, (pair, true, !pair.SignalAll && (request.Flags & SendFlags.Signaled) == 0));

    public void PostedReceive(QueuePair pair, ulong id) => _outstanding.Add(id, (pair, false, false));

    /// <summary>A shared receive stays until a message takes it.</summary>
    public void PostedShared(ulong id) => _outstanding.Add(id, (null, false, true));

    /// <summary>The queue pair was, or may have been, reset: what it had may have vanished (R-REQ-53).</summary>
    public void MayBeReset(QueuePair pair) => _reset.Add(pair);

    public void Complete(ulong id)
    {
        if (!_outstanding.Remove(id)) throw new FuzzFailureException($"work request {id} completes twice, or was never posted");
    }

    /// <summary>After ERR: every work request has completed, but for those that need not and those whose queue lost some.</summary>
    public void CheckFlushed(IEnumerable<QueuePair> living)
    {
        var judged = living.Where(pair => !_reset.Contains(pair)).ToHashSet();
        foreach (var (id, work) in _outstanding)
        {
            if (work.Pair is not { } pair || work.IsSilent || !judged.Contains(pair)) continue;
            var queue = work.IsSend ? pair.SendCompletionQueue : pair.ReceiveCompletionQueue;
            var kind = work.IsSend ? "send" : "receive";
            if (queue is { IsOverrun: false })
                throw new FuzzFailureException($"{kind} {id} of a {pair.Type} in {pair.State} never completes");
        }
    }
}
