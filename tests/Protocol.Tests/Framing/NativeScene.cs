using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>Native frames in the making, and a port with LID 0x10, LMC 2 and one GID to receive them.</summary>
internal sealed class NativeScene : IDisposable
{
    public const ushort Lid = 0x10;
    public const int Lmc = 2;

    public static readonly UInt128 OwnGid = new(0xFE80000000000000, 0x0002C90300000002);
    public static readonly UInt128 PeerGid = new(0xFE80000000000000, 0x0002C90300000001);
    public static readonly FlowPath Local = new FlowPath() with { SourceLid = 3, DestinationLid = Lid, ServiceLevel = 2 };

    public static readonly FlowPath Global =
        new FlowPath(PeerGid, OwnGid, 0xE2, 9, 0x1FACE, 0) with { SourceLid = 3, DestinationLid = Lid + 1, ServiceLevel = 15 };

    public BurstBuilder Builder { get; } = new();

    public void Dispose() => Builder.Dispose();

    public static NativePort OwnPort()
    {
        var port = new NativePort(OwnGid);
        port.Assign(Lid, Lmc);
        return port;
    }

    public static void Port(byte serviceLevel, byte lane, out NativeInfiniBandCodec codec)
    {
        var port = OwnPort();
        port.SetLane(serviceLevel, lane);
        codec = new NativeInfiniBandCodec(port);
    }

    public static Span<byte> Frame(PacketBurst burst, int index) =>
        burst.Bytes(burst.Packets[index].FrameOffset, burst.Packets[index].FrameLength);

    public PacketBurst Prepared(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var burst = Builder.Pool.Rent();
        Builder.Append(burst, payload.ToArray(), segmentLength: 5);
        header.CopyTo(burst.HeaderArea(0));
        burst.Packets[0].HeaderLength = header.Length;
        return burst;
    }

    public PacketBurst Arrived(ReadOnlySpan<byte> frame)
    {
        var burst = Builder.Pool.Rent();
        ref var packet = ref burst.Append();
        packet.FrameLength = frame.Length;
        frame.CopyTo(burst.Bytes(0, frame.Length));
        burst.State = BurstStage.Received;
        return burst;
    }

    /// <summary>A frame after a change, both CRCs made good again: what the receiver says to it.</summary>
    public PacketDescriptor Changed(FlowPath path, byte[] payload, Action<byte[]> change, NativeInfiniBandCodec? codec = null)
    {
        codec ??= new NativeInfiniBandCodec(OwnPort());
        var burst = Builder.Burst(path, payload);
        codec.Encode(burst);
        return Judged(burst, change, codec);
    }

    public PacketDescriptor Mad(uint queuePair, int length, byte managementClass, FlowPath path, int lane = -1,
        NativeInfiniBandCodec? codec = null)
    {
        codec ??= new NativeInfiniBandCodec(OwnPort());
        var payload = new byte[length];
        payload[1] = managementClass;
        byte[] header = [0x64, 0, 0xFF, 0xFF, 0, 0, 0, (byte)queuePair, 0, 0, 0, 0, 0x80, 1, 0, 0, 0, 0, 0, (byte)queuePair];
        var burst = Prepared(header, payload);
        burst.Path = path;
        codec.Encode(burst);
        return Judged(burst, f => f[0] = lane < 0 ? f[0] : (byte)(lane << 4), codec);
    }

    public PacketDescriptor Judged(PacketBurst burst, Action<byte[]> change, NativeInfiniBandCodec codec)
    {
        var frame = Frame(burst, 0).ToArray();
        change(frame);
        if (NativeFrame.Locate(frame) is { IsSound: true } layout)
            Icrc.Write(frame, layout);
        Vcrc.Write(frame);
        var arrived = Arrived(frame);
        codec.Decode(arrived);
        return arrived.Packets[0];
    }

    public static void Forget(PacketBurst burst)
    {
        for (var i = 0; i < burst.Count; i++)
        {
            var (offset, length) = (burst.Packets[i].FrameOffset, burst.Packets[i].FrameLength);
            burst.Packets[i] = new PacketDescriptor { FrameOffset = offset, FrameLength = length };
        }

        burst.Path = default;
        burst.State = BurstStage.Received;
    }
}
