using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// Reads datagrams into bursts. A read that finds nothing costs a tenth of a short message's way, so the first read of a call that follows
/// an empty one is also its last; only when the next call finds data at once there is a queue worth emptying, and then each system call
/// takes more datagrams than the one before.
/// </summary>
internal sealed class UdpReceiver : IDisposable
{
    /// <summary>R-BE-35: the largest payload with the headroom of R-WIRE-20, pad and ICRC. What is longer cannot be RoCE.</summary>
    public const int LongestTransport = PathMtu.Largest + PathMtu.HeaderHeadroom + 3 + 4;

    private const int MaxLanes = 8;
    private const int ErrorsInARow = 8;

    private readonly UdpSocket _socket;
    private readonly PacketPool _pool;
    private readonly BackendCounters _counters;
    private readonly ReceiveMessages _messages;
    private readonly ArrivedBursts _arrived;
    private readonly PacketBurst?[] _lanes = new PacketBurst?[MaxLanes];
    private uint _kernelDrops;

    /// <summary>Datagrams to ask for at once; 0 after a read that found nothing.</summary>
    private int _depth;

    public UdpReceiver(UdpSocket socket, UInt128 local, PacketPool pool, BackendCounters counters)
    {
        _socket = socket;
        _pool = pool;
        _counters = counters;
        _messages = new ReceiveMessages(local, MaxLanes);
        _arrived = new ArrivedBursts(pool);
    }

    /// <summary>Whether bursts were read that did not fit into the last call's answer.</summary>
    public bool HasReady => _arrived.Count > 0;

    public int Receive(Span<PacketBurst?> bursts)
    {
        Gather(bursts.Length);
        var filled = 0;
        while (filled < bursts.Length && _arrived.TryTake(out var burst))
        {
            _counters.Received.CountBurst();
            bursts[filled++] = burst;
        }

        return filled;
    }

    public void Dispose() => _arrived.Dispose();

    private void Gather(int limit)
    {
        while (_arrived.Count < limit)
        {
            var wanted = Math.Clamp(_depth, 1, limit - _arrived.Count);
            var found = wanted == 1 ? ReadOne() : ReadLanes(wanted);
            var follows = _depth > 0;
            _depth = found == 0 ? 0 : found < wanted ? _depth : Math.Clamp(2 * _depth, 1, MaxLanes);
            if (found < wanted || !follows)
                break;
        }

        _arrived.Close();
    }

    private int ReadOne()
    {
        _messages.Prepare(0, _arrived.Target(out var room), room);
        if (ReadPastErrors(1) == 0)
            return 0;
        if (Accepts(0, out var datagram))
            _arrived.Place(datagram);
        return 1;
    }

    private int ReadLanes(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _lanes[i] = _pool.Rent();
            _messages.Prepare(i, _lanes[i]!.Slab, ArrivedBursts.LongestRead);
        }

        var found = ReadPastErrors(count);
        for (var i = 0; i < count; i++)
        {
            if (i < found && Accepts(i, out var datagram))
                _arrived.Place(datagram, _lanes[i]!);
            else
                _lanes[i]!.Release();
            _lanes[i] = null;
        }

        return found;
    }

    private int ReadPastErrors(int lanes)
    {
        for (var errors = 0; errors < ErrorsInARow;)
        {
            var found = _messages.Read(_socket.Descriptor, lanes);
            _counters.Received.CountCall();
            if (found >= 0)
                return found;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Again)
            {
                _counters.Received.CountIdleCall();
                return 0;
            }

            // An ICMP error of some earlier datagram, for instance: reading it cleared it.
            if (errno != Errno.Interrupted)
            {
                errors++;
                _counters.Received.CountError();
            }
        }

        return 0;
    }

    private bool Accepts(int lane, out ReceivedDatagram datagram)
    {
        datagram = _messages.Describe(lane);
        CountKernelDrops();
        if (datagram.SegmentLength > LongestTransport)
        {
            _counters.Drop(DropReason.MtuExceeded, datagram.Segments);
            return false;
        }

        _counters.Received.CountPackets(datagram.Segments, datagram.Length);
        if (datagram.Segments > 1)
            _counters.Received.CountRun(datagram.Segments);
        return true;
    }

    private void CountKernelDrops()
    {
        var lost = _messages.KernelDrops - _kernelDrops;
        if (lost == 0)
            return;
        _counters.DropInKernel((int)lost);
        _kernelDrops = _messages.KernelDrops;
    }
}
