using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// Lays arrived datagrams into bursts, in the order of their arrival. A coalesced run is a burst of its own; single datagrams of one flow
/// are gathered behind each other. Whatever does not belong into the open burst (another flow, no descriptor left) moves to a fresh one: a
/// copy, and rare.
/// </summary>
internal sealed class ArrivedBursts(PacketPool pool) : IDisposable
{
    /// <summary>The longest datagram there is, coalesced or not, fits here: nothing is ever truncated.</summary>
    public const int LongestRead = 65536;

    private readonly Queue<PacketBurst> _ready = new(capacity: 32);
    private PacketBurst? _open;
    private int _used;

    /// <summary>Bursts that are complete.</summary>
    public int Count => _ready.Count;

    /// <summary>Where the next datagram shall be read to: behind what the open burst holds.</summary>
    /// <param name="room">Bytes there, at least <see cref="LongestRead"/>.</param>
    public nint Target(out int room)
    {
        if (_open is not null && (_used > _open.SlabLength - LongestRead || _open.Count == PacketBurst.MaxPackets))
            Close();
        _open ??= pool.Rent();
        room = _open.SlabLength - _used;
        return _open.Slab + _used;
    }

    /// <summary>Takes what was read to <see cref="Target"/>.</summary>
    public void Place(in ReceivedDatagram datagram)
    {
        var open = _open!;
        var offset = _used;
        if (open.Count > 0 && !Joins(datagram))
        {
            MoveRest(offset, datagram.Length);
            offset = 0;
        }

        Describe(datagram, offset);
    }

    /// <summary>Takes what was read to the start of a burst of its own, which is the caller's no longer.</summary>
    public void Place(in ReceivedDatagram datagram, PacketBurst lane)
    {
        if (datagram.Segments == 1 && _open is { Count: > 0 } open && Joins(datagram) && _used <= open.SlabLength - datagram.Length)
        {
            lane.Bytes(0, datagram.Length).CopyTo(open.Bytes(_used, datagram.Length));
            lane.Release();
            Describe(datagram, _used);
            return;
        }

        Close();
        _open = lane;
        Describe(datagram, 0);
    }

    /// <summary>Makes the open burst complete.</summary>
    public void Close()
    {
        if (_open is null)
            return;
        if (_open.Count > 0)
            _ready.Enqueue(_open);
        else
            _open.Release();
        _open = null;
        _used = 0;
    }

    /// <summary>Gives the oldest complete burst away.</summary>
    public bool TryTake(out PacketBurst? burst) => _ready.TryDequeue(out burst);

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        Close();
        while (_ready.TryDequeue(out var burst))
            burst.Release();
    }

    private bool Joins(in ReceivedDatagram datagram) =>
        datagram.Path == _open!.Path && datagram.Segments <= PacketBurst.MaxPackets - _open.Count;

    private void Describe(in ReceivedDatagram datagram, int offset)
    {
        var end = offset + datagram.Length;
        do
        {
            offset = Append(datagram, offset, end);
            if (offset < end)
            {
                // A foreign sender's run may hold more packets than a burst does.
                MoveRest(offset, end - offset);
                end -= offset;
                offset = 0;
            }
        }
        while (offset < end);

        _used = end;
        if (datagram.Segments > 1)
            Close();
    }

    private int Append(in ReceivedDatagram datagram, int offset, int end)
    {
        var burst = _open!;
        burst.Path = datagram.Path;
        burst.State = BurstStage.Received;
        do
        {
            ref var packet = ref burst.Append();
            packet.FrameOffset = offset;
            packet.FrameLength = Math.Min(datagram.SegmentLength, end - offset);
            offset += packet.FrameLength;
        }
        while (offset < end && burst.Count < PacketBurst.MaxPackets);

        return offset;
    }

    private void MoveRest(int offset, int length)
    {
        var target = pool.Rent();
        _open!.Bytes(offset, length).CopyTo(target.Bytes(0, length));
        Close();
        _open = target;
    }
}
