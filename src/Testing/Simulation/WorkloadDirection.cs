using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Posts the plan of one direction and judges its completions: each exactly once, in order, with the right contents, and with the data
/// in place when the completion is seen.
/// </summary>
internal sealed class WorkloadDirection
{
    private const int MaxUnsignaled = 8;

    private readonly List<WorkloadOperation> _plan;
    private readonly List<WorkloadOperation> _receives;
    private readonly SplitMix _random;
    private readonly WorkloadEnd _requester;
    private readonly WorkloadEnd _responder;
    private int _posted;
    private int _completed;
    private int _unsignaled;
    private int _receivesPosted;
    private int _receivesCompleted;

    public WorkloadDirection(List<WorkloadOperation> plan, SplitMix random, WorkloadEnd requester, WorkloadEnd responder)
    {
        (_plan, _random, _requester, _responder) = (plan, random, requester, responder);
        _receives = [.. plan.Where(o => o.ReceiveCapacity >= 0)];
    }

    private bool UsesPools => _responder.Pools.Count != 0;

    public bool IsDone => _completed == _plan.Count && _receivesCompleted == _receives.Count;

    public string Progress =>
        $"{_completed} of {_posted} posted of {_plan.Count} sends, "
        + $"{_receivesCompleted} of {_receivesPosted} posted of {_receives.Count} receives";

    /// <summary>Posts some more, as chance will have it. Receives are often late, so that the responder is not ready.</summary>
    public void Post()
    {
        for (var count = _random.Below(4); count > 0 && PostReceive(); count--)
        {
        }

        for (var count = _random.Between(1, 8); count > 0 && PostSend(); count--)
        {
        }
    }

    public void CompleteSend(in WorkCompletion completion)
    {
        // Unsignaled ones before it are done too (R-CQ-14).
        var index = _completed;
        while (index < _posted && (_plan[index].Flags & SendFlags.Signaled) == 0) index++;
        Check(index < _posted, $"completion of {completion.WorkRequestId} though no signaled send is outstanding");
        var operation = _plan[index];
        Check(completion.WorkRequestId == operation.Id, $"send completion {completion.WorkRequestId}, expected {operation.Id}");
        Check(completion.IsSuccess, $"send {operation} completed with {completion.Status}");
        for (; _completed <= index; _completed++) Finish(_plan[_completed]);
    }

    public void CompleteReceive(in WorkCompletion completion)
    {
        Check(_receivesCompleted < (UsesPools ? _receives.Count : _receivesPosted),
            $"receive completion {completion.WorkRequestId} though none is posted");
        var operation = _receives[_receivesCompleted];
        var fault = UsesPools ? _responder.Pools[operation.Pool].Complete(completion, operation)
            : completion.WorkRequestId == (ulong)_receivesCompleted ? null
            : $"receive completion {completion.WorkRequestId}, expected {_receivesCompleted}";
        Check(fault is null, fault ?? "");
        Check(completion.IsSuccess, $"receive of {operation} completed with {completion.Status}");
        _receivesCompleted++;
        var opcode = operation.IsSend ? WorkCompletionOpcode.Receive : WorkCompletionOpcode.ReceiveRdmaWithImmediate;
        Check(completion.Opcode == opcode, $"opcode {completion.Opcode} for {operation}");
        Check(completion.ByteLength == operation.Size, $"{completion.ByteLength} bytes for {operation}");
        var hasImmediate = (completion.Flags & WorkCompletionFlags.WithImmediate) != 0;
        Check(hasImmediate == operation.HasImmediate && (!hasImmediate || completion.Immediate == operation.Immediate),
            $"immediate of {operation}");
        CheckInvalidated(completion, operation);
        // R-CQ-23: the data of the message, and of every WRITE before it, are there.
        CheckPlaced(operation);
        for (var i = (int)operation.Id - 1; i >= 0 && _plan[i].IsWrite; i--) CheckPlaced(_plan[i]);
    }

    private void CheckInvalidated(in WorkCompletion completion, WorkloadOperation operation)
    {
        var says = (completion.Flags & WorkCompletionFlags.WithInvalidate) != 0;
        Check(says == (operation.Opcode == SendOpcode.SendWithInvalidate), $"invalidate flag for {operation}");
        if (!says) return;
        Check(completion.InvalidatedKey == LentKey(operation), $"invalidated key of {operation}");
        Check(operation is not ({ Lent.IsValid: true } or { LentWindow.IsBound: true }), $"invalidation by {operation}");
        if (operation.LentWindow is { } window) _responder.Keys.Ended(window);
    }

    private void CheckPlaced(WorkloadOperation operation)
    {
        // What lies in a pool was checked when it completed, and may have been overwritten since.
        if (operation.IsContended || (UsesPools && operation.IsSend)) return;
        var mismatch = PatternGenerator.FindMismatch(_responder.Memory.Slot(operation.RemoteOffset, operation.Size), operation.Seed);
        Check(mismatch < 0, $"byte {mismatch} of {operation} at the responder");
    }

    // R-CQ-23 at the requester: what was fetched is there, and a source may be used again.
    private void Finish(WorkloadOperation operation)
    {
        var memory = _requester.Memory;
        if (operation.Memory is MemoryWindowBinding binding) _requester.Keys.Bound(binding.Window);
        if (operation.IsBare) return;
        if (operation.Opcode == SendOpcode.RdmaRead)
        {
            var mismatch = PatternGenerator.FindMismatch(memory.Slot(operation.LocalOffset, operation.Size), operation.Seed);
            Check(mismatch < 0, $"byte {mismatch} of {operation} at the requester");
        }
        else if (operation.IsAtomic)
        {
            var original = BitConverter.ToUInt64(memory.Slot(operation.LocalOffset, sizeof(ulong)));
            Check(original == operation.Original, $"original value {original:x} of {operation}");
        }
        else
        {
            CheckPlaced(operation);
            if (!operation.IsInline) PatternGenerator.Fill(memory.Slot(operation.LocalOffset, operation.Size), ~operation.Seed);
        }
    }

    private bool PostSend()
    {
        if (_posted == _plan.Count) return false;
        var operation = _plan[_posted];
        var mustSignal = _unsignaled >= Math.Min(MaxUnsignaled, _requester.Sender.Capabilities.MaxSendWorkRequests - 1);
        if (mustSignal) operation.Flags |= SendFlags.Signaled;
        Prepare(operation);
        if (!_requester.Sender.TryPostSend(ToRequest(operation))) return false;
        _unsignaled = (operation.Flags & SendFlags.Signaled) != 0 ? 0 : _unsignaled + 1;
        _posted++;
        return true;
    }

    // What depends on the moment: keys come and go.
    private void Prepare(WorkloadOperation operation)
    {
        var keys = _requester.Keys;
        operation.Memory ??= operation.Opcode switch
        {
            SendOpcode.BindMemoryWindow => keys.Bind(_random.Pick(MemoryWindowType.Type2A, MemoryWindowType.Type2B)),
            SendOpcode.RegisterMemoryRegion => keys.Register(operation.LocalOffset, operation.Size),
            _ => null,
        };
        if (operation.Opcode != SendOpcode.SendWithInvalidate || LentKey(operation) != 0) return;
        operation.LentWindow = _responder.Keys.Lend();
        operation.Lent = operation.LentWindow is null ? _responder.Keys.LendRegion() : null;
        // R-REQ-31: a READ through the window may still be under way.
        if (operation.LentWindow is not null) operation.Flags |= SendFlags.Fence;
    }

    private static uint LentKey(WorkloadOperation operation) => operation.LentWindow?.RemoteKey ?? operation.Lent?.RemoteKey ?? 0;

    private SendWorkRequest ToRequest(WorkloadOperation operation)
    {
        var (region, keys) = (_responder.Memory.Region, _responder.Keys);
        var inline = new byte[operation.IsInline ? operation.Size : 0];
        PatternGenerator.Fill(inline, operation.Seed);
        return new SendWorkRequest
        {
            WorkRequestId = operation.Id,
            Opcode = operation.Opcode,
            Flags = operation.Flags,
            Entries = operation.IsInline || operation.IsBare ? default : LocalEntries(operation),
            InlineData = inline,
            RemoteAddress = region.Address + (ulong)operation.RemoteOffset,
            RemoteKey = keys.WindowKey != 0 && _random.Chance(50) ? keys.WindowKey : region.RemoteKey,
            Immediate = operation.Immediate,
            InvalidateKey = operation.Opcode == SendOpcode.LocalInvalidate ? _requester.Keys.Registration!.Key : LentKey(operation),
            RemoteSharedReceiveQueue = _responder.Receiver.Type == QueuePairType.XrcTarget
                ? _responder.Pools[operation.Pool].Queue.Number : 0,
            CompareAdd = operation.CompareAdd,
            Swap = operation.Swap,
            FlushLength = (uint)operation.Size,
            FlushPlacement = operation.Placement,
            FlushSelectivity = operation.Selectivity,
            MemoryOperation = operation.Memory,
        };
    }

    private ScatterGatherEntry[] LocalEntries(WorkloadOperation operation)
    {
        var entries = _requester.Memory.Split(_random, operation.LocalOffset, operation.Size, 12);
        if (!operation.IsFastRegistered) return entries;
        return [.. entries.Select(entry => entry with { LocalKey = _requester.Keys.Registration!.Key })];
    }

    private bool PostReceive()
    {
        if (UsesPools) return _responder.Pools[_random.Below(_responder.Pools.Count)].Post();
        if (_receivesPosted == _receives.Count) return false;
        var operation = _receives[_receivesPosted];
        // The receive of a WRITE with immediate is not touched (R-RESP-23): it may point at what the WRITE does not.
        var offset = operation.IsSend ? operation.RemoteOffset : 0;
        var request = new ReceiveWorkRequest
        {
            WorkRequestId = (ulong)_receivesPosted, Entries = _responder.Memory.Split(_random, offset, operation.ReceiveCapacity, 8),
        };
        if (!_responder.Receiver.TryPostReceive(request)) return false;
        _receivesPosted++;
        return true;
    }

    private static void Check(bool holds, string message)
    {
        if (!holds) throw new SimulationFailureException(message);
    }
}
