using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// The receive work request in use: taken from the ring's head at the first packet of a SEND (R-RESP-22), filled in the order of its
/// entries, completed or failed. It stays at the head of the ring until then, so that a flush meets it first (R-RESP-50).
/// </summary>
internal sealed class ReceiveWork(QueuePairScope scope)
{
    private readonly ReceiveQueueRing _ring = scope.Context.ReceiveRing;
    private long _index;
    private int _entry;
    private uint _entryOffset;
    private uint _capacity;

    /// <summary>A message holds the work request at the ring's head.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Bytes placed so far.</summary>
    public uint Placed { get; private set; }

    /// <summary>Bytes that still fit into the work request in use.</summary>
    public uint Room => _capacity - Placed;

    /// <summary>Whether there is a work request to take.</summary>
    public bool IsPosted => _ring.IsPublished(_ring.Retired);

    /// <summary>Takes the work request at the head. Only when <see cref="IsPosted"/>.</summary>
    public RequestFault Take()
    {
        _index = _ring.Retired;
        ref var request = ref _ring.Slot(_index);
        (IsActive, Placed, _entry, _entryOffset, _capacity) = (true, 0, 0, 0, request.Length);
        return request.EntryCount > _ring.MaxEntries ? RequestFault.MalformedReceive : RequestFault.None;
    }

    /// <summary>Checks 10 and 11, then scatters the payload of one packet.</summary>
    public RequestFault Place(ReadOnlySpan<byte> payload)
    {
        if ((uint)payload.Length > Room) return RequestFault.MessageTooLong;
        var entries = _ring.Entries(_index);
        while (!payload.IsEmpty)
        {
            ref readonly var entry = ref entries[_entry];
            var count = (int)Math.Min(entry.Length - _entryOffset, (uint)payload.Length);
            if (count != 0)
            {
                if (!scope.TryResolveLocal(entry, _entryOffset, ref count, out var pointer)) return RequestFault.LocalProtection;
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
        var entries = _ring.Entries(_index);
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
        var head = _ring.Retired;
        var workRequestId = _ring.Slot(head).WorkRequestId;
        IsActive = false;
        _ring.Retire(head + 1);
        scope.CompleteReceive(completion with { WorkRequestId = workRequestId, QueuePairNumber = scope.Context.Number }, solicited);
    }

    /// <summary>Completes the work request with an error, which counts as solicited (R-CQ-5).</summary>
    public void Fail(WorkCompletionStatus status) => Complete(new WorkCompletion { Status = status }, solicited: true);

    /// <summary>Completes what is posted, the work request in use first (R-RESP-50), and what is posted later in ERR (R-CQ-19).</summary>
    public void Flush()
    {
        while (IsPosted) Fail(WorkCompletionStatus.WorkRequestFlushedError);
    }

    /// <summary>Lets go of the work request of a message that is dropped: the next message takes it again (R-RESP-6, R-RESP-43).</summary>
    public void Rewind() => IsActive = false;

    /// <summary>Lets go of the work request without a completion: the queue pair is reset and discards what is posted.</summary>
    public void Abandon() => IsActive = false;

    private void Advance(uint entryLength, uint count)
    {
        _entryOffset += count;
        if (_entryOffset != entryLength) return;
        _entry++;
        _entryOffset = 0;
    }
}
