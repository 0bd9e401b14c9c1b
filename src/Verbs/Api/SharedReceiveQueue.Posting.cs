namespace RdmaPipeline.Verbs;

/// <content>Posting: no lock, no allocation.</content>
public sealed partial class SharedReceiveQueue
{
    /// <summary>Posts a receive.</summary>
    /// <param name="request">Where a message shall go. It is copied.</param>
    /// <exception cref="RdmaException">ENOMEM: the queue is full. EINVAL: the entries or the length are wrong (R-VERB-13).</exception>
    public void PostReceive(in ReceiveWorkRequest request)
    {
        if (!TryPostReceive(request))
            throw Full(-1);
    }

    /// <summary>Posts a receive unless the queue is full.</summary>
    /// <param name="request">Where a message shall go.</param>
    /// <returns>False: the queue is full, nothing was posted.</returns>
    /// <exception cref="RdmaException">EINVAL as <see cref="PostReceive(in ReceiveWorkRequest)"/>.</exception>
    public bool TryPostReceive(in ReceiveWorkRequest request)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Enqueue(request);
    }

    /// <summary>Posts receives in order. At the first bad one it stops; those before it stay posted (R-REQ-60).</summary>
    /// <param name="requests">Where messages shall go.</param>
    /// <exception cref="RdmaException">
    /// As <see cref="PostReceive(in ReceiveWorkRequest)"/>; <see cref="RdmaException.BadIndex"/> names the bad one.
    /// </exception>
    public void PostReceive(ReadOnlySpan<ReceiveWorkRequest> requests)
    {
        if (!TryPostReceive(requests, out int posted))
            throw Full(posted);
    }

    /// <summary>Posts receives in order until the queue is full.</summary>
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
            while (posted < requests.Length && Enqueue(requests[posted]))
                posted++;
        }
        catch (RdmaException bad)
        {
            throw new RdmaException(bad, posted);
        }
        return posted == requests.Length;
    }

    private bool Enqueue(in ReceiveWorkRequest request)
    {
        ReadOnlySpan<ScatterGatherEntry> entries = request.List;
        uint length = WorkRequestCheck.Receive(entries, _context.MaxEntries, "max_sge");
        var wqe = new ReceiveWqe { WorkRequestId = request.WorkRequestId, Length = length, EntryCount = entries.Length };
        return _context.TryPost(wqe, entries);
    }

    private RdmaException Full(int badIndex) => new(
        VerbsErrno.ENOMEM, $"the shared receive queue holds {_context.Capacity} receives and is full: wait for completions, or resize it")
        {
            BadIndex = badIndex,
        };
}
