using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// Reads datagrams into bursts. A coalesced run is a burst of its own; single datagrams of one flow are gathered behind each other.
/// Whatever does not belong into the open burst (another flow, no descriptor left) moves to a fresh one: a copy, and rare.
/// </summary>
internal sealed class UdpReceiver : IDisposable
{
    /// <summary>R-BE-35: the largest payload with the headroom of R-WIRE-20, pad and ICRC. What is longer cannot be RoCE.</summary>
    public const int LongestTransport = PathMtu.Largest + PathMtu.HeaderHeadroom + 3 + 4;

    /// <summary>The longest datagram there is, coalesced or not, fits here: nothing is ever truncated.</summary>
    private const int LongestRead = 65536;

    private const int ErrorsInARow = 8;

    private readonly UdpSocket _socket;
    private readonly PacketPool _pool;
    private readonly BackendCounters _counters;
    private readonly ReceiveMessage _message;
    private readonly Queue<PacketBurst> _ready = new(capacity: 16);
    private PacketBurst? _open;
    private int _used;
    private uint _kernelDrops;
    private bool _queueing;

    public UdpReceiver(UdpSocket socket, UInt128 local, PacketPool pool, BackendCounters counters)
    {
        _socket = socket;
        _pool = pool;
        _counters = counters;
        _message = new ReceiveMessage(local);
    }

    public int Receive(Span<PacketBurst?> bursts)
    {
        Gather(bursts.Length);
        var filled = 0;
        while (filled < bursts.Length && _ready.TryDequeue(out var burst))
        {
            _counters.Received.CountBurst();
            bursts[filled++] = burst;
        }

        return filled;
    }

    public void Dispose()
    {
        Close();
        while (_ready.TryDequeue(out var burst))
            burst.Release();
    }

    // A read that finds nothing costs a tenth of a short message's way. So the first read of a call that follows an empty one is also
    // its last, and only when the next call finds data at once there is a queue worth emptying.
    private void Gather(int limit)
    {
        var found = false;
        while (_ready.Count < limit)
        {
            if (!ReadOne())
            {
                _queueing = false;
                break;
            }

            if (!_queueing && !found)
            {
                _queueing = true;
                break;
            }

            found = true;
        }

        Close();
    }

    private bool ReadOne()
    {
        if (_open is not null && (_used > _open.SlabLength - LongestRead || _open.Count == PacketBurst.MaxPackets))
            Close();
        _open ??= _pool.Rent();
        var length = ReadPastErrors(_open.Slab + _used, _open.SlabLength - _used);
        if (length < 0)
            return false;
        var datagram = _message.Describe(length);
        CountKernelDrops();
        if (datagram.SegmentLength > LongestTransport)
            _counters.Drop(DropReason.MtuExceeded, datagram.Segments);
        else
            Place(datagram);
        return true;
    }

    private int ReadPastErrors(nint target, int room)
    {
        for (var errors = 0; errors < ErrorsInARow;)
        {
            var length = _message.Read(_socket.Descriptor, target, room);
            _counters.Received.CountCall();
            if (length >= 0)
                return (int)length;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Again)
            {
                _counters.Received.CountIdleCall();
                return -1;
            }

            // An ICMP error of some earlier datagram, for instance: reading it cleared it.
            if (errno != Errno.Interrupted)
            {
                errors++;
                _counters.Received.CountError();
            }
        }

        return -1;
    }

    private void Place(in ReceivedDatagram datagram)
    {
        var open = _open!;
        var offset = _used;
        if (open.Count > 0 && (datagram.Path != open.Path || datagram.Segments > PacketBurst.MaxPackets - open.Count))
        {
            MoveRest(offset, datagram.Length);
            offset = 0;
        }

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
        _counters.Received.CountPackets(datagram.Segments, datagram.Length);
        if (datagram.Segments > 1)
        {
            _counters.Received.CountRun(datagram.Segments);
            Close();
        }
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
        var target = _pool.Rent();
        _open!.Bytes(offset, length).CopyTo(target.Bytes(0, length));
        Close();
        _open = target;
    }

    private void Close()
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

    private void CountKernelDrops()
    {
        var lost = _message.KernelDrops - _kernelDrops;
        if (lost == 0)
            return;
        _counters.Drop(DropReason.QueueFull, (int)lost);
        _kernelDrops = _message.KernelDrops;
    }
}
