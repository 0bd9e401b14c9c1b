using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// The receive work request in use: taken at the first packet of a SEND (R-RESP-22), filled in the order of its entries, completed or
/// failed.
/// </summary>
internal sealed class ReceiveWork(QueuePairScope scope)
{
    private readonly IReceiveSource _source = SourceOf(scope.Context);
    private int _entry;
    private uint _entryOffset;
    private uint _capacity;

    /// <summary>A message holds a work request.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Bytes placed so far.</summary>
    public uint Placed { get; private set; }

    /// <summary>Bytes that still fit into the work request in use.</summary>
    public uint Room => _capacity - Placed;

    /// <summary>Why a packet is dropped, or put off, for which there is no work request.</summary>
    public DropReason Missing => scope.Context.SharesReceives ? DropReason.SrqEmpty : DropReason.NoReceiveBuffer;

    /// <summary>The credit code of an acknowledgement (R-REQ-19, R-REQ-20).</summary>
    public byte Credits => _source.Credits;

    /// <summary>
    /// Finds the shared receive queue that a request of XRC names; its protection domain counts for all keys of the request (R-RESP-42).
    /// </summary>
    public RequestFault Select(in PacketView request)
    {
        if (!_source.TrySelect(request)) return RequestFault.NoSharedReceiveQueue;
        scope.RemoteDomain = _source.ProtectionDomain;
        return RequestFault.None;
    }

    /// <summary>Check 5: takes the next work request. R-RESP-8: nothing has been placed or changed yet.</summary>
    public RequestFault Take()
    {
        if (!_source.TryTake())
        {
            scope.Counters.MissingReceives.Count(scope.Context.SharesReceives ? 1 : 0);
            return RequestFault.ReceiverNotReady;
        }

        ref readonly var request = ref _source.Held;
        (IsActive, Placed, _entry, _entryOffset, _capacity) = (true, 0, 0, 0, request.Length);
        return request.EntryCount > _source.MaxEntries ? RequestFault.MalformedReceive : RequestFault.None;
    }

    /// <summary>Checks 10 and 11, then scatters the payload of one packet.</summary>
    public RequestFault Place(ReadOnlySpan<byte> payload)
    {
        if ((uint)payload.Length > Room) return RequestFault.MessageTooLong;
        var entries = _source.Entries;
        while (!payload.IsEmpty)
        {
            ref readonly var entry = ref entries[_entry];
            var count = (int)Math.Min(entry.Length - _entryOffset, (uint)payload.Length);
            if (count != 0)
            {
                if (!scope.TryResolveLocal(_source.ProtectionDomain, entry, _entryOffset, ref count, out var pointer))
                    return RequestFault.LocalProtection;
                RegisteredMemory.Write(pointer, payload[..count]);
                payload = payload[count..];
                Placed += (uint)count;
            }

            Advance(entry.Length, (uint)count);
        }

        return RequestFault.None;
    }

    /// <summary>Leaves the next bytes of the work request as they are. Only within <see cref="Room"/>.</summary>
    public void Skip(uint count)
    {
        Placed += count;
        var entries = _source.Entries;
        while (count != 0)
        {
            var step = Math.Min(entries[_entry].Length - _entryOffset, count);
            count -= step;
            Advance(entries[_entry].Length, step);
        }
    }

    /// <summary>Completes the work request: frees its slot, then makes the completion visible.</summary>
    /// <param name="completion">The completion but for its work request id.</param>
    /// <param name="solicited">Whether it wakes a consumer that waits for solicited completions (R-CQ-5).</param>
    public void Complete(in WorkCompletion completion, bool solicited)
    {
        var workRequestId = _source.Held.WorkRequestId;
        IsActive = false;
        _source.Release();
        if (_source.CompletionQueue is { } queue)
        {
            scope.CompleteReceive(
                queue, completion with { WorkRequestId = workRequestId, QueuePairNumber = scope.Context.Number }, solicited);
        }
    }

    /// <summary>Completes the work request with an error, which counts as solicited (R-CQ-5).</summary>
    public void Fail(WorkCompletionStatus status) => Complete(new WorkCompletion { Status = status }, solicited: true);

    /// <summary>
    /// Completes what is posted, the work request in use first (R-RESP-50), and what is posted later in ERR (R-CQ-19); of a shared receive
    /// queue only the one in use (R-CQ-20).
    /// </summary>
    public void Flush()
    {
        while (_source.TryTakeToFlush()) Fail(WorkCompletionStatus.WorkRequestFlushedError);
    }

    /// <summary>
    /// Lets go of the work request of a message that is dropped: the next message takes it again (R-RESP-6, R-RESP-38, R-RESP-43).
    /// </summary>
    public void Rewind() => IsActive = false;

    /// <summary>Lets go of the work request without a completion: the queue pair is reset and discards what is posted.</summary>
    public void Abandon()
    {
        IsActive = false;
        _source.Discard();
    }

    private static IReceiveSource SourceOf(QueuePairContext context) =>
        context.SharesReceives ? new SharedReceives(context) : new OwnReceives(context);

    private void Advance(uint entryLength, uint count)
    {
        _entryOffset += count;
        if (_entryOffset != entryLength) return;
        _entry++;
        _entryOffset = 0;
    }
}
