using System.Threading.Channels;

namespace RdmaPipeline.Graph;

/// <summary>
/// A doorbell edge: tokens (queue pair numbers) on their way to a pump stage, over a bounded channel. Whoever rings keeps at most one token
/// of each kind in flight, so a capacity of the number of kinds never overflows.
/// </summary>
public sealed class Doorbell
{
    private readonly Channel<uint> _channel;
    private Action? _wake;
    private long _rung;
    private long _taken;
    private long _refused;

    /// <summary>Makes a doorbell.</summary>
    /// <param name="capacity">Tokens in flight, at least 1.</param>
    public Doorbell(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _channel = Channel.CreateBounded<uint>(new BoundedChannelOptions(capacity)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
    }

    /// <summary>Tokens it can hold.</summary>
    public int Capacity { get; }

    /// <summary>Tokens in flight.</summary>
    public int Count => _channel.Reader.Count;

    /// <summary>Tokens rung so far.</summary>
    public long Rung => Volatile.Read(ref _rung);

    /// <summary>Tokens taken so far.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Tokens refused because the doorbell was full.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Any thread: puts a token in and wakes the stage.</summary>
    /// <returns>Whether there was room.</returns>
    public bool Ring(uint token)
    {
        if (!_channel.Writer.TryWrite(token))
        {
            Interlocked.Increment(ref _refused);
            return false;
        }

        Interlocked.Increment(ref _rung);
        Volatile.Read(ref _wake)?.Invoke();
        return true;
    }

    /// <summary>On the shard: takes the oldest token.</summary>
    public bool TryTake(out uint token)
    {
        if (!_channel.Reader.TryRead(out token))
        {
            return false;
        }

        Volatile.Write(ref _taken, _taken + 1);
        return true;
    }

    /// <summary>Names the stage to wake, or none. Tokens rung before are announced at once.</summary>
    internal void Connect(Action? wake)
    {
        Volatile.Write(ref _wake, wake);
        Interlocked.MemoryBarrier();
        if (Count > 0)
        {
            wake?.Invoke();
        }
    }
}
