using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport;

/// <summary>
/// Counts the bursts of a shard whose packets still point into user memory, in two epochs, so that a control-plane call can learn when
/// every burst made before it has been encoded. Bursts made afterwards cannot delay it. Touched by the shard only.
/// </summary>
internal sealed class UnencodedBursts : IPayloadWatch
{
    private readonly List<(long Epoch, Action Done)> _waiters = [];
    private readonly List<PacketBurst> _waiting = [];
    private readonly long[] _open = new long[2];
    private long _epoch = 1;
    private bool _abandoned;

    /// <summary>Bursts that are not encoded yet.</summary>
    public long Count => _open[0] + _open[1];

    /// <summary>What the encode stage of the shard encodes with.</summary>
    public FrameCodec? Codec { get; set; }

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

    /// <summary>A burst that has entered goes on its way to the encode stage.</summary>
    public void Send(PacketBurst burst)
    {
        burst.PayloadWatch = this;
        _waiting.Add(burst);
    }

    /// <summary>A stage on the way has dropped all packets of a burst.</summary>
    public void Released(PacketBurst burst)
    {
        _waiting.Remove(burst);
        Forget(burst);
    }

    /// <summary>A burst has come to the encode stage: it is encoded, unless that was done on the way.</summary>
    public void Encode(PacketBurst burst)
    {
        _waiting.Remove(burst);
        EncodeOnce(burst);
    }

    /// <summary>Encodes every burst where it is: nothing on its way points into user memory any more.</summary>
    public void EncodeAll()
    {
        foreach (var burst in _waiting)
            EncodeOnce(burst);
    }

    /// <summary>The stages are dead: nobody reads user memory any more, so nobody has to wait.</summary>
    public void Abandon()
    {
        _abandoned = true;
        _waiting.Clear();
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

    private void EncodeOnce(PacketBurst burst)
    {
        if (burst.State != BurstStage.Unencoded)
            return;
        Codec!.Encode(burst);
        burst.PayloadStore?.Release();
        burst.PayloadStore = null;
        if (burst.PayloadWatch is not null)
            Forget(burst);
    }

    // A burst that a stage has made on the way never pointed into user memory and was never counted.
    private void Forget(PacketBurst burst)
    {
        burst.PayloadWatch = null;
        Leave(burst.Epoch);
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
