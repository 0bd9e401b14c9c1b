using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Bursts that wait for their times, in order, in a ring that is made once. The shard changes it, any thread asks its size.
/// </summary>
internal sealed class HeldBursts(int capacity)
{
    private readonly (PacketBurst Burst, long Due)[] _ring = new (PacketBurst, long)[capacity];
    private int _first;
    private volatile int _count;
    private volatile int _items;

    public QueueSize Size => new(_items, _count);

    public bool IsFull => _count == _ring.Length;

    public bool IsEmpty => _count == 0;

    /// <summary>When the first is due; there is one.</summary>
    public long FirstDue => _ring[_first].Due;

    public void Add(PacketBurst burst, long due)
    {
        _ring[(_first + _count) % _ring.Length] = (burst, due);
        _count++;
        _items += burst.Count;
    }

    public bool TryTake(out PacketBurst burst)
    {
        burst = _ring[_first].Burst;
        if (_count == 0)
            return false;
        _ring[_first] = default;
        _first = (_first + 1) % _ring.Length;
        _count--;
        _items -= burst.Count;
        return true;
    }
}
