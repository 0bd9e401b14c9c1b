using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>
/// What one end has posted and what has completed: each completion belongs to a work request, none comes twice, those of a queue come in
/// order, and in the end none is missing (R-CQ-2, R-CQ-12, R-CQ-17).
/// </summary>
internal sealed class WorkLedger
{
    private const int KindShift = 56;
    private const ulong SendKind = 1;
    private const ulong ReceiveKind = 2;
    private const ulong SharedKind = 3;

    private readonly Queue<(ulong Id, bool Signaled)> _sends = [];
    private readonly Queue<ulong> _receives = [];
    private readonly HashSet<ulong> _shared = [];
    private ulong _number;

    /// <summary>Receives that may have vanished with a reset.</summary>
    public int ResetAllowance { get; private set; }

    public ulong NextSend => Next(SendKind);

    public ulong NextReceive => Next(ReceiveKind);

    public ulong NextShared => Next(SharedKind);

    public void PostedSend(ulong id, bool signaled) => _sends.Enqueue((id, signaled));

    public void PostedReceive(ulong id) => _receives.Enqueue(id);

    public void PostedShared(ulong id) => _shared.Add(id);

    /// <summary>The queue pairs were reset: what they held is gone (R-REQ-53, R-RESP-50).</summary>
    public void Reset()
    {
        _sends.Clear();
        _receives.Clear();
        ResetAllowance++;
    }

    public void Complete(in WorkCompletion completion)
    {
        var id = completion.WorkRequestId;
        switch (id >> KindShift)
        {
            case SendKind: CompleteSend(completion); break;
            case ReceiveKind:
                if (!_receives.TryDequeue(out var oldest)) throw Wrong(completion, "no receive is outstanding");
                if (oldest != id) throw Wrong(completion, $"the oldest receive is {Number(oldest)}");
                break;
            case SharedKind:
                if (!_shared.Remove(id)) throw Wrong(completion, "that shared receive is not outstanding");
                break;
            default: throw Wrong(completion, "nobody posted that");
        }
    }

    /// <summary>After the flush: nothing is outstanding but what the shared receive queues still hold (R-RESP-40, R-CQ-20).</summary>
    public void CheckNothingIsLeft(int heldByQueues)
    {
        foreach (var (id, signaled) in _sends)
        {
            if (signaled) throw new FuzzFailureException($"send {Number(id)} never completed");
        }

        if (_receives.TryPeek(out var receive)) throw new FuzzFailureException($"receive {Number(receive)} never completed");
        var missing = _shared.Count - heldByQueues;
        if (missing < 0 || missing > ResetAllowance)
            throw new FuzzFailureException($"{_shared.Count} shared receives are outstanding, the queues hold {heldByQueues}");
    }

    private void CompleteSend(in WorkCompletion completion)
    {
        while (_sends.TryDequeue(out var oldest))
        {
            if (oldest.Id == completion.WorkRequestId)
            {
                if (!oldest.Signaled && completion.IsSuccess) throw Wrong(completion, "it was not signaled");
                return;
            }

            if (oldest.Signaled) throw Wrong(completion, $"send {Number(oldest.Id)} is older");
        }

        throw Wrong(completion, "that send is not outstanding");
    }

    private ulong Next(ulong kind) => (kind << KindShift) | ++_number;

    private static ulong Number(ulong id) => id & ((1UL << KindShift) - 1);

    private static FuzzFailureException Wrong(in WorkCompletion completion, string why) => new(
        $"completion of {Number(completion.WorkRequestId)} (kind {completion.WorkRequestId >> KindShift}) with {completion.Status}: {why}");
}
