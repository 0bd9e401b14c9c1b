using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>Bursts as a stage meets them: whole packets of several kinds, numbered by their PSN, on three flows.</summary>
internal sealed class StageTraffic
{
    private const int LargestPayload = 1024;
    private const int PsnOffset = 9;
    private const int Flows = 3;
    private const int FullEvery = 11;
    private static readonly Opcode[] Kinds =
        [Opcode.RcWriteOnly, Opcode.RcAcknowledge, Opcode.RcSendMiddle, Opcode.RcSendMiddle, Opcode.UdSendOnly, Opcode.RcReadRequest];

    private readonly byte[] _payloads = GC.AllocateArray<byte>(64 * 1024, pinned: true);
    private readonly SplitMix _random;
    private readonly FrameCodec _codec;
    private readonly BurstStage _state;
    private uint _number;
    private int _made;

    public StageTraffic(BurstStage state, bool segmented, ulong seed)
    {
        _state = state;
        _random = new SplitMix(seed);
        _codec = MakeCodec(segmented);
        PatternGenerator.Fill(_payloads, seed);
    }

    /// <summary>Where the bursts come from: nobody else rents here.</summary>
    public PacketPool Pool { get; } = new();

    /// <summary>Makes a codec: for frames in memory, or for a socket that segments.</summary>
    public static FrameCodec MakeCodec(bool segmented) =>
        segmented ? new RoCEv2UdpCodec { Segmentation = true } : new RoCEv2EthernetCodec();

    /// <summary>The number of a packet.</summary>
    public static uint NumberOf(PacketBurst burst, int index)
    {
        ref readonly var packet = ref burst.Packets[index];
        var header = burst.State switch
        {
            BurstStage.Unencoded => burst.HeaderArea(index)[..Math.Max(Bth.Length, packet.HeaderLength)],
            BurstStage.Received => InFrame(burst.Bytes(packet.FrameOffset, packet.FrameLength)),
            _ => burst.Bytes(packet.TransportOffset, packet.TransportLength),
        };
        return header.Length < Bth.Length ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(header[(PsnOffset - 1)..]) & 0xFF_FFFF;
    }

    /// <summary>Makes the next burst: of 1 to 6 packets, now and then a full one.</summary>
    public PacketBurst Make()
    {
        var burst = Pool.Rent();
        var full = ++_made % FullEvery == 0;
        var count = full ? PacketBurst.MaxPackets : _random.Between(1, 6);
        burst.Path = PathOf(_made % Flows);
        for (var i = 0; i < count; i++)
            Append(burst, full ? Opcode.RcSendMiddle : _random.Pick<Opcode>(Kinds), full);
        Bring(burst);
        return burst;
    }

    /// <summary>Makes a burst that no peer in his senses would send; behind <c>decode</c> its packets parse, and that is all.</summary>
    public PacketBurst MakeGarbage()
    {
        var burst = Make();
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            if (_state == BurstStage.Received)
                packet.FrameLength = _random.Between(1, packet.FrameLength);
            Spoil(burst.Bytes(packet.FrameOffset, packet.FrameLength), burst, packet);
            if (_state == BurstStage.Decoded)
                packet.Icrc = IcrcStatus.Invalid;
        }

        return burst;
    }

    // Behind decode a packet has an opcode and the length that this needs.
    private void Spoil(Span<byte> frame, PacketBurst burst, in PacketDescriptor packet)
    {
        var from = _state == BurstStage.Received ? 0 : packet.TransportOffset - packet.FrameOffset;
        var kept = frame.ToArray();
        do
        {
            kept.CopyTo(frame);
            for (var changes = _random.Between(1, 8); changes > 0; changes--)
                frame[from + _random.Below(frame.Length - from)] = (byte)_random.Next();
        }
        while (_state == BurstStage.Decoded
            && PacketView.TryParse(burst.Bytes(packet.TransportOffset, packet.TransportLength), out _) != DropReason.None);
    }

    private static Span<byte> InFrame(Span<byte> frame)
    {
        var layout = EthernetFrame.Locate(frame);
        return layout.IsSound ? frame.Slice(layout.TransportOffset, layout.TransportLength) : default;
    }

    private static FlowPath PathOf(int flow)
    {
        var network = (UInt128)0xFFFF_0A00_0000;
        return new FlowPath(network + 1, network + 2 + (uint)flow, TrafficClass: 2, HopLimit: 64, FlowLabel: 0, SourcePort: 0xC000);
    }

    private unsafe void Append(PacketBurst burst, Opcode opcode, bool even)
    {
        var traits = OpcodeTraits.Of(opcode);
        var payload = opcode switch
        {
            Opcode.RcAcknowledge or Opcode.RcReadRequest => 0,
            Opcode.RcSendMiddle => even ? LargestPayload : 256,
            _ => _random.Between(0, LargestPayload),
        };
        var index = burst.Count;
        ref var packet = ref burst.Append();
        packet.HeaderLength = traits.HeaderLength;
        packet.PayloadLength = payload;
        packet.PadCount = (byte)(-payload & 3);
        packet.DestinationQueuePair = 0x11 + (_number % 5);
        packet.SegmentStart = burst.SegmentCount;
        packet.SegmentCount = 1;
        var address = (nint)Unsafe.AsPointer(ref _payloads[(int)(_number * 61 % (uint)(_payloads.Length - LargestPayload))]);
        burst.FreeSegments(1)[0] = new PayloadSegment(address, payload);
        burst.SegmentCount++;
        var header = burst.HeaderArea(index)[..traits.HeaderLength];
        PatternGenerator.Fill(header, _number);
        new Bth
        {
            Opcode = opcode, DestinationQueuePair = packet.DestinationQueuePair, Psn = _number++ & 0xFF_FFFF, PadCount = packet.PadCount,
            PartitionKey = 0xFFFF, AckRequest = _random.Chance(30),
        }.Write(header);
    }

    // To where the stage stands: as encode, the wire and decode would leave it.
    private void Bring(PacketBurst burst)
    {
        if (_state == BurstStage.Unencoded)
            return;
        _codec.Encode(burst);
        if (_state == BurstStage.Encoded)
            return;
        burst.State = BurstStage.Received;
        burst.Path = default;
        burst.SegmentCount = 0;
        burst.RunCount = 0;
        foreach (ref var packet in burst.Packets.AsSpan(0, burst.Count))
        {
            packet = new PacketDescriptor { FrameOffset = packet.FrameOffset, FrameLength = packet.FrameLength };
        }

        if (_state != BurstStage.Decoded)
            return;
        _codec.Decode(burst);
        foreach (ref var packet in burst.Packets.AsSpan(0, burst.Count))
            packet.DestinationQueuePair = BinaryPrimitives.ReadUInt32BigEndian(burst.Bytes(packet.TransportOffset + 4, 4)) & 0xFF_FFFF;
    }
}
