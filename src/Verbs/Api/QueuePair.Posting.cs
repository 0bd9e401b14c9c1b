using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Verbs;

/// <content>Posting: no lock, no allocation.</content>
public sealed partial class QueuePair
{
    /// <summary>One work request in so many is measured, if any is.</summary>
    private const int PostsPerStamp = 128;

    /// <summary>Posts a send.</summary>
    /// <param name="request">What to send. It is copied; entries and inline data may be reused at once, the memory they name not.</param>
    /// <exception cref="RdmaException">
    /// ENOMEM: the send queue is full. EINVAL: the state, opcode, flags, entries, length, inline data or alignment are wrong
    /// (requester.md 13). EOPNOTSUPP: the device does not offer the opcode.
    /// </exception>
    public void PostSend(in SendWorkRequest request)
    {
        if (!TryPostSend(request))
            ThrowFull("send", Capabilities.MaxSendWorkRequests);
    }

    /// <summary>Posts a send unless the send queue is full.</summary>
    /// <param name="request">What to send.</param>
    /// <returns>False: the queue is full, nothing was posted; poll the completion queue and try again.</returns>
    /// <exception cref="RdmaException">EINVAL, EOPNOTSUPP as <see cref="PostSend(in SendWorkRequest)"/>.</exception>
    public bool TryPostSend(in SendWorkRequest request)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!EnqueueSend(request))
            return false;
        RingSendDoorbell();
        return true;
    }

    /// <summary>Posts sends in order. At the first bad one it stops; those before it stay posted (R-REQ-60).</summary>
    /// <param name="requests">What to send.</param>
    /// <exception cref="RdmaException">
    /// As <see cref="PostSend(in SendWorkRequest)"/>; <see cref="RdmaException.BadIndex"/> names the bad one.
    /// </exception>
    public void PostSend(ReadOnlySpan<SendWorkRequest> requests)
    {
        if (!TryPostSend(requests, out int posted))
            ThrowFull("send", Capabilities.MaxSendWorkRequests, posted);
    }

    /// <summary>Posts sends in order until the send queue is full.</summary>
    /// <param name="requests">What to send.</param>
    /// <param name="posted">How many were posted.</param>
    /// <returns>False: the queue became full before the last.</returns>
    /// <exception cref="RdmaException">As <see cref="PostSend(ReadOnlySpan{SendWorkRequest})"/>, but for ENOMEM.</exception>
    public bool TryPostSend(ReadOnlySpan<SendWorkRequest> requests, out int posted)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        posted = 0;
        try
        {
            while (posted < requests.Length && EnqueueSend(requests[posted]))
                posted++;
        }
        catch (RdmaException bad)
        {
            throw new RdmaException(bad, posted);
        }
        finally
        {
            if (posted != 0)
                RingSendDoorbell();
        }
        return posted == requests.Length;
    }

    /// <summary>Posts a receive.</summary>
    /// <param name="request">Where a message shall go. It is copied.</param>
    /// <exception cref="RdmaException">
    /// ENOMEM: the receive queue is full. EINVAL: the state, entries or length are wrong (R-VERB-13).
    /// </exception>
    public void PostReceive(in ReceiveWorkRequest request)
    {
        if (!TryPostReceive(request))
            ThrowFull("receive", Capabilities.MaxReceiveWorkRequests);
    }

    /// <summary>Posts a receive unless the receive queue is full.</summary>
    /// <param name="request">Where a message shall go.</param>
    /// <returns>False: the queue is full, nothing was posted.</returns>
    /// <exception cref="RdmaException">EINVAL as <see cref="PostReceive(in ReceiveWorkRequest)"/>.</exception>
    public bool TryPostReceive(in ReceiveWorkRequest request)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!EnqueueReceive(request))
            return false;
        RingReceiveInError();
        return true;
    }

    /// <summary>Posts receives in order. At the first bad one it stops; those before it stay posted (R-REQ-60).</summary>
    /// <param name="requests">Where messages shall go.</param>
    /// <exception cref="RdmaException">
    /// As <see cref="PostReceive(in ReceiveWorkRequest)"/>; <see cref="RdmaException.BadIndex"/> names the bad one.
    /// </exception>
    public void PostReceive(ReadOnlySpan<ReceiveWorkRequest> requests)
    {
        if (!TryPostReceive(requests, out int posted))
            ThrowFull("receive", Capabilities.MaxReceiveWorkRequests, posted);
    }

    /// <summary>Posts receives in order until the receive queue is full.</summary>
    /// <param name="requests">Where messages shall go.</param>
    /// <param name="posted">How many were posted.</param>
    /// <returns>False: the queue became full before the last.</returns>
    /// <exception cref="RdmaException">As <see cref="PostReceive(ReadOnlySpan{ReceiveWorkRequest})"/>, but for ENOMEM.</exception>
    public bool TryPostReceive(ReadOnlySpan<ReceiveWorkRequest> requests, out int posted)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        posted = 0;
        try
        {
            while (posted < requests.Length && EnqueueReceive(requests[posted]))
                posted++;
        }
        catch (RdmaException bad)
        {
            throw new RdmaException(bad, posted);
        }
        finally
        {
            if (posted != 0)
                RingReceiveInError();
        }
        return posted == requests.Length;
    }

    private bool EnqueueSend(in SendWorkRequest request)
    {
        ReadOnlySpan<ScatterGatherEntry> entries = request.List;
        uint length = WorkRequestCheck.Send(_context, request, entries);
        ReadOnlySpan<byte> inlineData = request.InlineData.Span;
        SendQueueRing ring = _context.SendRing;
        if (!ring.TryReserve(out long index))
            return false;
        SendWqeFill.Fill(ring, index, request, length, entries, inlineData);
        ring.Slot(index).PostedAt = index % PostsPerStamp == 0 ? Device.Provider.StampPost() : 0;
        if (index >= Volatile.Read(ref _context.NextObservedPost))
            _context.Posts?.Posted(index);
        ring.Publish(index);
        return true;
    }

    private bool EnqueueReceive(in ReceiveWorkRequest request)
    {
        ReadOnlySpan<ScatterGatherEntry> entries = request.List;
        uint length = WorkRequestCheck.Receive(_context, entries);
        ReceiveQueueRing ring = _context.ReceiveRing;
        if (!ring.TryReserve(out long index))
            return false;
        entries.CopyTo(ring.Entries(index));
        ring.Slot(index) = new ReceiveWqe { WorkRequestId = request.WorkRequestId, Length = length, EntryCount = entries.Length };
        ring.Publish(index);
        return true;
    }

    // The exchange is also the full fence between publishing and reading the flag: the shard clears the flag before it looks.
    private void RingSendDoorbell()
    {
        if (Interlocked.Exchange(ref _context.SendDoorbellRung, 1) == 0)
            Device.Provider.RingSend(_context);
    }

    // R-CQ-19: publish, fence, read the state; the shard writes ERR, fences, reads the ring: one of the two sees the other.
    private void RingReceiveInError()
    {
        Interlocked.MemoryBarrier();
        if (_context.State == QueuePairState.Error)
            Device.Provider.RingReceive(_context);
    }

    [DoesNotReturn]
    private static void ThrowFull(string queue, int capacity, int badIndex = -1)
    {
        string message = $"the {queue} queue holds {capacity} work requests and is full: wait for completions, or make it larger";
        throw new RdmaException(VerbsErrno.ENOMEM, message) { BadIndex = badIndex };
    }
}
