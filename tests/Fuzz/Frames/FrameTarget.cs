using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>
/// Frames of any bytes through the codecs, the packet views and back. The header says which codec, whether lengths and checksums are made
/// right first, and how many packets the burst has; the records are the bytes of the frame.
/// </summary>
internal sealed class FrameTarget : IFuzzTarget
{
    private const int CodecByte = 0;
    private const int SealByte = 1;
    private const int CountByte = 2;
    private const int DifferenceByte = 3;
    private const int MostPackets = 3;
    private const int MostFrameBytes = 640;

    private readonly FrameMedium[] _media = FrameMedium.CreateAll();
    private readonly PacketPool _pool = new();
    private readonly TransportCheck _transport = new();

    // The pool takes its memory with the first burst, which is not the first input's fault.
    public FrameTarget() => _pool.Rent().Release();

    public string Name => "frames";

    public int HeaderLength => 4;

    public int RecordLength => 1;

    public int MaxRecords => MostFrameBytes;

    public long MaxAllocatedBytes => 32 * 1024;

    public void Run(ReadOnlySpan<byte> input, FuzzTally tally)
    {
        var medium = _media[input[CodecByte] % _media.Length];
        var burst = _pool.Rent();
        try
        {
            Load(burst, medium, input);
            var before = burst.Bytes(0, EndOf(burst)).ToArray();
            medium.Codec.Decode(burst);
            if (!burst.Bytes(0, before.Length).SequenceEqual(before))
                throw new FuzzFailureException("decoding changed the bytes of the frame");
            for (var i = 0; i < burst.Count; i++) Judge(burst, i, medium, tally);
        }
        finally
        {
            burst.Release();
        }

        if (_pool.Outstanding != 0) throw new FuzzFailureException("a burst did not come home");
    }

    private static void Load(PacketBurst burst, FrameMedium medium, ReadOnlySpan<byte> input)
    {
        var bytes = input[4..Math.Min(input.Length, 4 + MostFrameBytes)];
        burst.Path = medium.Path;
        var offset = 0;
        for (var count = 1 + (input[CountByte] % MostPackets); count > 0; count--)
        {
            ref var packet = ref burst.Append();
            (packet.FrameOffset, packet.FrameLength) = (offset, bytes.Length);
            var frame = burst.Bytes(offset, bytes.Length);
            bytes.CopyTo(frame);
            // The later packets of a burst differ from the first, so that one flow cannot be taken for granted.
            if (burst.Count > 1 && bytes.Length != 0) frame[input[DifferenceByte] % bytes.Length] ^= (byte)(burst.Count - 1);
            medium.Seal(frame, input[SealByte]);
            offset += bytes.Length;
        }

        burst.State = BurstStage.Received;
    }

    private static int EndOf(PacketBurst burst) => burst.Packets[burst.Count - 1].FrameOffset + burst.Packets[burst.Count - 1].FrameLength;

    private void Judge(PacketBurst burst, int index, FrameMedium medium, FuzzTally tally)
    {
        ref readonly var packet = ref burst.Packets[index];
        if (packet.Drop != DropReason.None)
        {
            tally.Count(packet.Drop);
            return;
        }

        var isInside = packet.TransportOffset >= packet.FrameOffset && packet.TransportLength >= FrameLayout.MinTransportLength
            && packet.TransportOffset + packet.TransportLength <= packet.FrameOffset + packet.FrameLength;
        if (!isInside) throw new FuzzFailureException("the transport packet lies outside its frame");
        medium.CheckVerdict(burst, packet);
        if (packet.Icrc == IcrcStatus.Invalid)
        {
            tally.Count(DropReason.IcrcMismatch);
            return;
        }

        Span<byte> routeHeader = stackalloc byte[RouteHeader.Length + 1];
        routeHeader[^1] = 0xA5;
        medium.Codec.ReadOrigin(burst, packet, routeHeader[..^1]);
        var transport = burst.Bytes(packet.TransportOffset, packet.TransportLength);
        var drop = PacketView.TryParse(transport, out var view);
        tally.Count(drop);
        if (drop == DropReason.None) _transport.Check(view, medium, burst.Path);
    }
}
