using System.Runtime.CompilerServices;

namespace RdmaPipeline.Verbs;

/// <content>Arming, events and awaiting.</content>
public sealed partial class CompletionQueue
{
    // One word says whether anybody wants to hear of the next completion, so that a push looks at one word only.
    private const int ArmedSolicited = (int)NotificationKind.Solicited;
    private const int ArmedNext = (int)NotificationKind.Next;
    private const int Awaited = 4;

    private readonly CompletionWaiters _waiters = new();
    private long _eventsRaised;
    private long _eventsDelivered;
    private long _eventsAcknowledged;
    private int _attention;

    /// <summary>Notifications fired so far.</summary>
    public long EventsRaised => Volatile.Read(ref _eventsRaised);

    /// <summary>
    /// Events that the channel gave out and that were not acknowledged. Only for programs that keep count as with the C interface:
    /// disposing does not wait for it.
    /// </summary>
    public long UnacknowledgedEvents => Volatile.Read(ref _eventsDelivered) - Volatile.Read(ref _eventsAcknowledged);

    /// <summary>
    /// Arms the queue for one event: the next matching completion added after this call raises it and disarms; those already in
    /// the queue do not. Armed twice, <see cref="NotificationKind.Next"/> wins and is never weakened (R-CQ-4).
    /// </summary>
    /// <param name="kind">Which completion matches.</param>
    /// <param name="reportMissed">Look whether the queue holds completions once it is armed.</param>
    /// <returns>True: missed, the queue is not empty; poll before waiting. Always false without <paramref name="reportMissed"/>.</returns>
    /// <exception cref="RdmaException">EINVAL: an unknown kind.</exception>
    public bool RequestNotification(NotificationKind kind, bool reportMissed = false)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (kind is not (NotificationKind.Solicited or NotificationKind.Next))
            throw RdmaException.Invalid($"notify is {(int)kind}; it must be 1 (Solicited) or 2 (Next)");
        Interlocked.Or(ref _attention, (int)kind);
        return reportMissed && !IsEmpty;
    }

    /// <summary>Confirms events taken from the channel.</summary>
    /// <param name="count">How many; at most <see cref="UnacknowledgedEvents"/>.</param>
    /// <exception cref="RdmaException">EINVAL: more than were delivered, or negative.</exception>
    public void AcknowledgeEvents(int count)
    {
        if (count < 0 || count > UnacknowledgedEvents)
            throw RdmaException.Invalid($"nevents is {count}; {UnacknowledgedEvents} event(s) are unacknowledged");
        Interlocked.Add(ref _eventsAcknowledged, count);
    }

    /// <summary>
    /// Waits until the queue is not empty. With several waiters another may be faster: poll, and wait again if there was nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completes when there is something to poll.</returns>
    /// <exception cref="ObjectDisposedException">The queue was disposed of, before or during the wait.</exception>
    /// <exception cref="RdmaException">EOVERFLOW: the queue was overrun and all that it held has been taken.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!IsEmpty || (_device.Provider.Drive() && !IsEmpty))
            return ValueTask.CompletedTask;
        CompletionWaiter waiter = _waiters.Add();
        ValueTask task = waiter.Task;
        waiter.CancelWith(cancellationToken);

        // The full fence of Or and that of Signal: either the push sees the waiter, or the waiter sees the completion.
        Interlocked.Or(ref _attention, Awaited);
        if (!IsEmpty || IsOverrun || IsDisposed)
            _waiters.Execute();
        else
            _device.Provider.AwaitHandover();
        return task;
    }

    /// <summary>Takes the oldest completions, waiting for the first.</summary>
    /// <param name="completions">Where to; at least one element.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many were taken, at least 1.</returns>
    /// <exception cref="ObjectDisposedException">The queue was disposed of, before or during the wait.</exception>
    /// <exception cref="RdmaException">EINVAL: no room. EOVERFLOW: the queue was overrun and all that it held has been taken.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> PollAsync(Memory<WorkCompletion> completions, CancellationToken cancellationToken = default)
    {
        if (completions.IsEmpty)
            throw RdmaException.Invalid("num_entries is 0; give room for at least one completion");
        while (true)
        {
            int count = Poll(completions.Span);
            if (count != 0)
                return count;
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal bool TryDeliverEvent()
    {
        if (IsDisposed)
            return false;
        Interlocked.Increment(ref _eventsDelivered);
        return true;
    }

    private bool IsEmpty
    {
        get
        {
            for (CompletionRing? ring = Volatile.Read(ref _consumerRing); ring is not null; ring = ring.Next)
                if (!ring.IsEmpty)
                    return false;
            return true;
        }
    }

    private Exception? Verdict()
    {
        if (IsDisposed)
            return new ObjectDisposedException(nameof(CompletionQueue));
        return IsOverrun && IsEmpty ? Overrun() : null;
    }

    private void Signal(bool solicited, bool isUrgent)
    {
        // Publish, fence, look; against arm, fence, look: one of the two sees the other.
        Interlocked.MemoryBarrier();
        int seen = Volatile.Read(ref _attention);
        if (seen == 0)
            return;
        bool isHeldBack = !isUrgent && Matching(seen, solicited) != 0 && Volatile.Read(ref _moderation) is { } moderation
            && HoldsBack(moderation);
        Fire(solicited, isHeldBack);
    }

    // Which of the two kinds of arming a completion fires.
    private static int Matching(int attention, bool solicited) =>
        solicited || (attention & ArmedNext) != 0 ? attention & (ArmedNext | ArmedSolicited) : 0;

    private void Fire(bool solicited, bool isHeldBack)
    {
        int seen = Volatile.Read(ref _attention);
        while (true)
        {
            int fired = (seen & Awaited) | (isHeldBack ? 0 : Matching(seen, solicited));
            if (fired == 0)
                return;
            int now = Interlocked.CompareExchange(ref _attention, seen & ~fired, seen);
            if (now == seen)
            {
                Wake(fired);
                return;
            }
            seen = now;
        }
    }

    private void Wake(int fired)
    {
        if ((fired & Awaited) != 0)
            _waiters.WakeFromShard();
        if ((fired & (ArmedNext | ArmedSolicited)) == 0)
            return;
        Interlocked.Increment(ref _eventsRaised);
        Channel?.Publish(this);
    }
}
