using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Backends.Udp;

namespace RdmaPipeline.Benchmarks;

/// <summary>The UDP back-end alone: the same sockets, datagrams and segmentation as the transport's, and no transport.</summary>
internal sealed class RawUdpEnd : IDisposable
{
    private readonly UdpBackend _backend;
    private readonly FlowPath _path;
    private readonly PacketBurst?[] _received = new PacketBurst?[8];

    public RawUdpEnd(string address, string peer, int port)
    {
        _backend = new UdpBackend(new UdpOptions { Address = IPAddress.Parse(address), Port = port });
        _path = new FlowPath(_backend.Description.Gids[0], Mapped(peer), 0, 64, 0, 0);
    }

    public BackendCounters Counters => _backend.Counters;

    /// <summary>Sends equal datagrams as one segmented run.</summary>
    /// <returns>False when the socket has no room; nothing was sent then.</returns>
    public bool TrySend(int count, int datagramLength)
    {
        var burst = _backend.Pool.Rent();
        burst.Path = _path;
        for (var i = 0; i < count; i++)
        {
            ref var packet = ref burst.Append();
            packet.FrameOffset = packet.TransportOffset = i * datagramLength;
            packet.FrameLength = packet.TransportLength = datagramLength;
        }

        burst.Runs[0] = new GsoRun(0, count, datagramLength, count * datagramLength);
        burst.RunCount = 1;
        burst.State = BurstStage.Encoded;
        if (_backend.Send(burst) == count)
            return true;
        burst.Release();
        return false;
    }

    /// <summary>Takes what is there.</summary>
    /// <returns>Datagrams taken.</returns>
    public int Receive()
    {
        var packets = 0;
        var bursts = _backend.Receive(_received);
        for (var i = 0; i < bursts; i++)
        {
            packets += _received[i]!.Count;
            _received[i]!.Release();
        }

        return packets;
    }

    public void Dispose() => _backend.Dispose();

    private static UInt128 Mapped(string address)
    {
        var bytes = IPAddress.Parse(address).MapToIPv6().GetAddressBytes();
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
