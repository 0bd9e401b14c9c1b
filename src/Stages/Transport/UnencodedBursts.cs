namespace RdmaPipeline.Transport;

/// <summary>
/// Counts the bursts of a shard whose packets still point into user memory, in two epochs, so that a control-plane call can learn when
/// every burst made before it has been encoded. Bursts made afterwards cannot delay it. Touched by the shard only.
/// </summary>
internal sealed class UnencodedBursts
{
    private readonly List<(long Epoch, Action Done)> _waiters = [];
    private readonly long[] _open = new long[2];
    private long _epoch = 1;
    private bool _abandoned;

    /// <summary>Bursts that are not encoded yet.</summary>
    public long Count => _open[0] + _open[1];

    /// <summary>A burst takes its first payload reference; the answer goes into the burst and comes back to <see cref="Leave"/>.</summary>
    public long Enter()
    {
        _open[_epoch & 1]++;
        return _epoch;
    }

    /// <summary>A burst no longer points into user memory.</summary>
    public void Leave(long epoch)
    {
        _open[epoch & 1]--;
        if (_waiters.Count > 0)
            Advance();
    }

    /// <summary>The stages are dead: nobody reads user memory any more, so nobody has to wait.</summary>
    public void Abandon()
    {
        _abandoned = true;
        CompleteUpTo(long.MaxValue);
    }

    /// <summary>Calls <paramref name="done"/> once every burst that has entered so far has left: at once when there is none.</summary>
    public void AwaitAll(Action done)
    {
        if (_abandoned)
        {
            done();
            return;
        }
        _waiters.Add((_epoch, done));
        Advance();
    }

    // A new epoch begins only when its counter is free, that is when the last but one has drained; then the current one can drain too.
    private void Advance()
    {
        while (_waiters.Count > 0 && _open[(_epoch + 1) & 1] == 0)
        {
            _epoch++;
            CompleteUpTo(_epoch - (_open[(_epoch - 1) & 1] == 0 ? 1 : 2));
            if (_open[(_epoch - 1) & 1] != 0)
                return;
        }
    }

    private void CompleteUpTo(long drained)
    {
        for (int i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].Epoch > drained)
                continue;
            var done = _waiters[i].Done;
            _waiters.RemoveAt(i);
            done();
        }
    }
}
