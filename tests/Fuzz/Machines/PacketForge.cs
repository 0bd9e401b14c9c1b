using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>
/// Makes packets that no machine sent, out of the bytes of a record: mostly what the receiver could expect, with one or another thing
/// wrong. The ICRC is true.
/// </summary>
internal sealed class PacketForge
{
    private const int MostPayload = 1100;

    private readonly RoCEv2EthernetCodec _codec = new();
    private readonly PacketPool _pool = new();
    private readonly byte[] _payload = GC.AllocateArray<byte>(MostPayload, pinned: true);

    public PacketForge()
    {
        for (var i = 0; i < _payload.Length; i++) _payload[i] = (byte)(i * 7);
    }

    /// <summary>Makes a packet for one end that seems to come from the other.</summary>
    public void Make(FlyingFrame flying, SceneEnd from, SceneEnd to, SceneSettings settings, ref RecordReader choices)
    {
        var burst = _pool.Rent();
        try
        {
            var header = burst.HeaderArea(0);
            header.Clear();
            var code = choices.Byte();
            var opcode = (Opcode)(code < 250 ? ServiceBase(settings.Type) | Operation(settings, code) : choices.Byte());
            var traits = OpcodeTraits.Of(opcode);
            var payload = PayloadLength(traits, settings.Mtu, ref choices);
            var pad = choices.OneIn(16) ? choices.Below(4) : -payload & 3;
            WriteBth(header, opcode, pad, traits.IsResponse ? to.Sender : to.Receiver, traits.IsResponse, ref choices);
            WriteExtensions(header, traits, payload, from, to, settings.Mtu, ref choices);
            Encode(burst, traits.HeaderLength, payload, pad, PathOf(from, to, ref choices));
            ref readonly var packet = ref burst.Packets[0];
            burst.Bytes(packet.FrameOffset, packet.FrameLength).CopyTo(flying.Bytes);
            (flying.Length, flying.TransportOffset) = (packet.FrameLength, packet.TransportOffset - packet.FrameOffset);
        }
        finally
        {
            burst.Release();
        }
    }

    private void Encode(PacketBurst burst, int headerLength, int payload, int pad, in FlowPath path)
    {
        ref var packet = ref burst.Append();
        (packet.HeaderLength, packet.PayloadLength, packet.PadCount) = (headerLength, payload, (byte)pad);
        if (payload != 0)
        {
            burst.FreeSegments(1)[0] = new PayloadSegment(Marshal.UnsafeAddrOfPinnedArrayElement(_payload, 0), payload);
            (packet.SegmentCount, burst.SegmentCount) = (1, 1);
        }

        burst.Path = path;
        _codec.Encode(burst);
    }

    private static FlowPath PathOf(SceneEnd from, SceneEnd to, ref RecordReader choices)
    {
        var source = choices.OneIn(32) ? to.Gid : from.Gid;
        return new FlowPath(source.Value, to.Gid.Value, 0, 64, 0, 0xC000);
    }

    private static byte ServiceBase(QueuePairType type) => type switch
    {
        QueuePairType.UnreliableConnection => 0x20,
        QueuePairType.UnreliableDatagram => 0x60,
        QueuePairType.XrcInitiator => 0xA0,
        _ => 0,
    };

    private static int Operation(SceneSettings settings, byte code) => settings.IsDatagram ? 4 + (code & 1) : code & 0x1F;

    private static int PayloadLength(OpcodeTraits traits, int mtu, ref RecordReader choices)
    {
        var choice = choices.Byte();
        if (choice >= 240) return choices.Byte() * 4 % MostPayload;
        return traits.Payload switch
        {
            PayloadRule.FullPathMtu => mtu,
            PayloadRule.EightBytes => 8,
            PayloadRule.SixteenBytes => 16,
            PayloadRule.OneToPathMtu => 1 + (choice * 5 % mtu),
            PayloadRule.UpToPathMtu => choice < 80 ? 0 : choice < 160 ? mtu : choice,
            _ => 0,
        };
    }

    private static void WriteBth(Span<byte> header, Opcode opcode, int pad, QueuePair target, bool isResponse, ref RecordReader choices)
    {
        var flags = choices.Byte();
        header[0] = (byte)opcode;
        header[1] = (byte)((flags & 0xC0) | ((choices.OneIn(16) ? 3 - pad : pad) << 4) | (choices.OneIn(64) ? 1 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], choices.OneIn(32) ? (ushort)0x7FFE : (ushort)0xFFFF);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], choices.OneIn(32) ? choices.Byte() : target.Number);
        var now = target.Query();
        var expected = isResponse ? now.SendPsn!.Value - 1 : now.ReceivePsn!.Value;
        var psn = (expected + (uint)Distance(ref choices)) & UInt24.Max;
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], psn | ((flags & 1) == 0 ? 0x8000_0000 : 0));
    }

    // Most packets are the one that is expected, some lie near, and a few at the edges of the window.
    private static int Distance(ref RecordReader choices)
    {
        var (choice, amount) = (choices.Byte(), (sbyte)choices.Byte());
        return choice switch
        {
            < 150 => 0, < 220 => amount % 8, < 240 => amount, < 248 => (1 << 23) + (amount % 4), _ => -(1 << 23) + (amount % 4),
        };
    }

    private static void WriteExtensions(
        Span<byte> header, OpcodeTraits traits, int payload, SceneEnd from, SceneEnd to, int mtu, ref RecordReader choices)
    {
        var (key, start) = to.Memory.Key(choices.Below(40) % 32);
        var address = start + Offset(ref choices);
        if (At(header, traits, HeaderLayout.XrcEth, out var area))
            BinaryPrimitives.WriteUInt32BigEndian(area, to.PoolNumber(choices.Byte()));
        if (At(header, traits, HeaderLayout.Deth, out area))
        {
            BinaryPrimitives.WriteUInt32BigEndian(area, choices.OneIn(16) ? choices.Byte() : SceneEnd.QueueKey);
            BinaryPrimitives.WriteUInt32BigEndian(area[4..], from.Sender.Number);
        }

        if (At(header, traits, HeaderLayout.Reth, out area))
        {
            BinaryPrimitives.WriteUInt64BigEndian(area, address);
            BinaryPrimitives.WriteUInt32BigEndian(area[8..], key);
            BinaryPrimitives.WriteUInt32BigEndian(area[12..], DmaLength(payload, traits, mtu, ref choices));
        }

        if (At(header, traits, HeaderLayout.AtomicEth, out area))
        {
            BinaryPrimitives.WriteUInt64BigEndian(area, choices.OneIn(8) ? address : address & ~7UL);
            BinaryPrimitives.WriteUInt32BigEndian(area[8..], key);
            area[19] = area[27] = choices.Byte();
        }

        if (At(header, traits, HeaderLayout.Aeth, out area))
        {
            area[0] = choices.OneIn(4) ? choices.Byte() : choices.Pick<byte>(0x1F, 0, 1, 0x20, 0x60, 0x61, 0x62, 0x63);
            area[3] = choices.Byte();
        }

        if (At(header, traits, HeaderLayout.Ieth, out area))
            BinaryPrimitives.WriteUInt32BigEndian(area, to.Memory.Key(10 + choices.Below(20)).Key);
        if (At(header, traits, HeaderLayout.Feth, out area)) area[3] = choices.Byte();
    }

    private static ulong Offset(ref RecordReader choices)
    {
        var (choice, amount) = (choices.Byte(), choices.Byte());
        return choice switch
        {
            < 200 => (ulong)amount * 16, < 220 => amount, < 235 => MemoryArena.AreaLength - (ulong)amount,
            < 245 => unchecked((ulong)-amount), _ => ulong.MaxValue / 2,
        };
    }

    private static uint DmaLength(int payload, OpcodeTraits traits, int mtu, ref RecordReader choices)
    {
        var (choice, amount) = (choices.Byte(), choices.Byte());
        if (choice < 170) return (uint)(traits.IsLast && payload != 0 ? payload : payload + (amount * 5 % (2 * mtu)));
        return choice switch
        {
            < 200 => 0, < 215 => (uint)mtu, < 230 => MemoryArena.AreaLength, < 240 => MemoryArena.AreaLength + 1u, < 246 => 1u << 31,
            < 250 => (1u << 31) + 1, _ => uint.MaxValue - amount,
        };
    }

    private static bool At(Span<byte> header, OpcodeTraits traits, HeaderLayout layout, out Span<byte> area)
    {
        area = traits.Has(layout) ? header[traits.OffsetOf(layout)..] : default;
        return !area.IsEmpty;
    }
}
