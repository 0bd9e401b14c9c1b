using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <content>Packets that no device sent: bursts of some, for several queue pairs, with a true ICRC.</content>
internal static partial class VerbsCalls
{
    private const int MostPayload = 4200;

    private static readonly byte[] Payload = GC.AllocateArray<byte>(MostPayload, pinned: true);

    private static void Inject(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var isMulticast = choices.OneIn(6);
        var destination = isMulticast ? Group(ref choices) : choices.OneIn(24) ? Absurd.Gid(side, ref choices) : side.Device.QueryGid(1, 0);
        var source = choices.OneIn(6) ? Absurd.Gid(side, ref choices) : bench.Other(side).Device.QueryGid(1, 0);
        var burst = bench.Attacker.Pool.Rent();
        try
        {
            for (var count = choices.Below(4); count >= 0; count--) Add(bench, burst, side, isMulticast, ref choices);
        }
        catch
        {
            burst.Release();
            throw;
        }

        burst.Path = new FlowPath(source.Value, destination.Value, choices.Byte(), choices.Byte(), 0, 0xC000);
        if (side.IsNative) burst.Path = Native(bench, side, burst.Path, isMulticast, ref choices);
        bench.Attacker.Codec.Encode(burst);
        bench.Attacker.Send(burst);
    }

    private static FlowPath Native(VerbsBench bench, VerbsSide side, FlowPath path, bool isMulticast, ref RecordReader choices)
    {
        if (!isMulticast && !choices.OneIn(3)) path = path with { Source = 0, Destination = 0 };
        return path with
        {
            SourceLid = choices.OneIn(12) ? (ushort)choices.UInt16() : bench.Other(side).Lid, ServiceLevel = (byte)choices.Below(16),
            DestinationLid = isMulticast ? (ushort)(0xC000 + choices.Below(3)) : side.Lid,
        };
    }

    private static void Add(VerbsBench bench, PacketBurst burst, VerbsSide side, bool isMulticast, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        var attributes = pair.Query();
        var code = choices.Byte();
        var opcode = (Opcode)(code < 245 ? BaseOf(pair.Type) | (BaseOf(pair.Type) == 0x60 ? 4 | (code & 1) : code & 0x1F) : code);
        var traits = OpcodeTraits.Of(opcode);
        var payload = traits.Payload switch
        {
            PayloadRule.None => 0, PayloadRule.EightBytes => 8,
            PayloadRule.FullPathMtu => attributes.PathMtu is { } mtu ? mtu.ToBytes() : 1024, _ => choices.Byte() * choices.Between(1, 16),
        };
        var pad = choices.OneIn(16) ? choices.Below(4) : -payload & 3;
        var header = burst.HeaderArea(burst.Count);
        header.Clear();
        var expected = traits.IsResponse ? attributes.SendPsn!.Value - 1 : attributes.ReceivePsn!.Value;
        var psn = expected + (uint)(choices.OneIn(4) ? choices.Byte() - 128 : 0);
        header[0] = (byte)opcode;
        header[1] = (byte)((pad << 4) | (choices.OneIn(2) ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], choices.OneIn(16) ? (ushort)choices.UInt16() : (ushort)0xFFFF);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], isMulticast ? 0xFFFFFF : choices.OneIn(16) ? choices.Byte() : pair.Number);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], (psn & 0xFFFFFF) | 0x8000_0000);
        WriteExtensions(bench, side, header, traits, (uint)payload, ref choices);
        ref var packet = ref burst.Append();
        (packet.HeaderLength, packet.PayloadLength, packet.PadCount) = (traits.HeaderLength, payload, (byte)pad);
        packet.SegmentStart = burst.SegmentCount;
        if (payload == 0) return;
        burst.FreeSegments(1)[0] = new PayloadSegment(Marshal.UnsafeAddrOfPinnedArrayElement(Payload, 0), payload);
        packet.SegmentCount = 1;
        burst.SegmentCount++;
    }

    private static void WriteExtensions(
        VerbsBench bench, VerbsSide side, Span<byte> header, OpcodeTraits traits, uint payload, ref RecordReader choices)
    {
        if (traits.Has(HeaderLayout.Deth))
        {
            BinaryPrimitives.WriteUInt32BigEndian(header[traits.OffsetOf(HeaderLayout.Deth)..],
                choices.OneIn(8) ? 0x80010000 : SceneEnd.QueueKey);
            header[traits.OffsetOf(HeaderLayout.Deth) + 7] = choices.Byte();
        }

        if (traits.Has(HeaderLayout.Aeth))
            header[traits.OffsetOf(HeaderLayout.Aeth)] = choices.OneIn(3) ? choices.Byte() : (byte)0x1F;
        if (traits.Has(HeaderLayout.XrcEth))
        {
            var shared = bench.PickOrNull(side.SharedQueues, ref choices);
            var number = shared is { Type: SharedReceiveQueueType.Xrc } ? shared.Number : choices.Byte();
            BinaryPrimitives.WriteUInt32BigEndian(header[traits.OffsetOf(HeaderLayout.XrcEth)..], number);
        }

        if (!traits.Has(HeaderLayout.Reth) && !traits.Has(HeaderLayout.AtomicEth)) return;
        var region = bench.PickOrNull(side.Regions, ref choices);
        var area = header[traits.OffsetOf(traits.Has(HeaderLayout.Reth) ? HeaderLayout.Reth : HeaderLayout.AtomicEth)..];
        BinaryPrimitives.WriteUInt64BigEndian(area, (region?.Address ?? 0) + (Absurd.Offset(region?.Length ?? 0, ref choices) & ~7UL));
        BinaryPrimitives.WriteUInt32BigEndian(area[8..], region?.LocalKey ?? choices.Byte());
        if (traits.Has(HeaderLayout.Reth))
            BinaryPrimitives.WriteUInt32BigEndian(area[12..], payload + (choices.OneIn(3) ? choices.UInt16() : 0u));
    }

    private static byte BaseOf(QueuePairType type) => type switch
    {
        QueuePairType.UnreliableConnection => 0x20,
        QueuePairType.UnreliableDatagram or QueuePairType.Gsi or QueuePairType.Smi => 0x60,
        QueuePairType.XrcInitiator or QueuePairType.XrcTarget => 0xA0,
        _ => 0,
    };

    private static Gid Group(ref RecordReader choices) => new(((UInt128)0xFF0E << 112) | (uint)choices.Below(3));
}
