using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>Bursts become whole frames and come back (R-WIRE-1..3, R-WIRE-7, R-WIRE-10, R-WIRE-16, R-WIRE-21..23, R-BE-12).</summary>
public sealed class RoCEv2EthernetCodecTests(ITestOutputHelper output) : IDisposable
{
    private static readonly FlowPath Ipv4Path = new(GidAddress.FromIpv4(0xC0000201), GidAddress.FromIpv4(0xC0000202), 2, 0, 0, 0xC132);

    private static readonly FlowPath Ipv6Path =
        new(new UInt128(0x20010DB800000000, 1), new UInt128(0x20010DB800000000, 2), 0xE2, 9, 0x1FACE, 0xC132);

    private readonly BurstBuilder _builder = new();

    public static TheoryData<bool, bool> Variants => new() { { false, true }, { false, false }, { true, true }, { true, false } };

    public void Dispose() => _builder.Dispose();

    /// <summary>V-10 but for the MAC addresses, which are derived from the IP addresses here.</summary>
    [Fact]
    public void EncodesTheVector()
    {
        var vector = TestVector.Of("V-10").Bytes;
        var burst = _builder.Pool.Rent();
        burst.Path = Ipv4Path;
        _builder.Append(burst, "hello"u8.ToArray(), segmentLength: 2);
        vector.AsSpan(42, 12).CopyTo(burst.HeaderArea(0));
        new RoCEv2EthernetCodec().Encode(burst);
        var frame = burst.Bytes(burst.Packets[0].FrameOffset, burst.Packets[0].FrameLength).ToArray();
        Assert.Equal(vector[14..], frame[14..]);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void WhatIsEncodedDecodes(bool ipv6, bool icrc)
    {
        var random = TestSeed.Random(output);
        var codec = new RoCEv2EthernetCodec(icrc);
        var burst = _builder.Pool.Rent();
        burst.Path = ipv6 ? Ipv6Path : Ipv4Path;
        var payloads = Payloads(random);
        foreach (var payload in payloads)
            _builder.Append(burst, payload, 1 + random.Next(300));
        codec.Encode(burst);
        Assert.Equal(BurstStage.Encoded, burst.State);
        var expected = burst.Path with { HopLimit = ipv6 ? (byte)9 : (byte)64 };
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal((expected, BurstStage.Decoded), (burst.Path, burst.State));
        for (var i = 0; i < payloads.Length; i++)
            AssertPacket(burst, i, payloads[i], icrc ? IcrcStatus.Valid32 : IcrcStatus.Offloaded);
        Assert.Equal(payloads.Length, icrc ? codec.Verdicts.Valid32 : codec.Verdicts.Offloaded);
    }

    [Fact]
    public void FlippedBitsAreNoticed()
    {
        var codec = new RoCEv2EthernetCodec();
        var burst = _builder.Burst(Ipv4Path, new byte[40], new byte[40], new byte[40]);
        codec.Encode(burst);
        burst.Bytes(burst.Packets[1].TransportOffset + 20, 1)[0] ^= 4;
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal([IcrcStatus.Valid32, IcrcStatus.Invalid, IcrcStatus.Valid32], burst.Packets.Take(3).Select(p => p.Icrc));
        Assert.Equal((2, 1), (codec.Verdicts.Valid32, codec.Verdicts.Invalid));
    }

    /// <summary>A corrupt source address must neither become the burst's path nor make good packets suspicious.</summary>
    [Fact]
    public void ACorruptAddressTaintsNobody()
    {
        var codec = new RoCEv2EthernetCodec();
        var burst = _builder.Burst(Ipv6Path, new byte[4], new byte[4]);
        codec.Encode(burst);
        burst.Bytes(burst.Packets[0].FrameOffset + 30, 1)[0] ^= 4;
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal(IcrcStatus.Invalid, burst.Packets[0].Icrc);
        Assert.Equal((IcrcStatus.Valid32, DropReason.None), (burst.Packets[1].Icrc, burst.Packets[1].Drop));
        Assert.Equal((Ipv6Path.Source, Ipv6Path.Destination), (burst.Path.Source, burst.Path.Destination));
    }

    [Fact]
    public void AnyBytesDecode()
    {
        var random = TestSeed.Random(output);
        var codec = new RoCEv2EthernetCodec();
        for (var round = 0; round < 2000; round++)
        {
            var burst = _builder.Burst(random.Next(2) == 0 ? Ipv4Path : Ipv6Path, new byte[random.Next(100)], new byte[random.Next(100)]);
            codec.Encode(burst);
            for (var flips = random.Next(1, 30); flips > 0; flips--)
                burst.Bytes(random.Next(160), 1)[0] ^= (byte)(1 << random.Next(8));
            burst.Packets[1].FrameLength = random.Next(burst.Packets[1].FrameLength + 1);
            Forget(burst);
            codec.Decode(burst);
            for (var i = 0; i < burst.Count; i++)
                Assert.True(burst.Packets[i].Drop != DropReason.None || burst.Packets[i].Icrc != IcrcStatus.Unchecked);
            burst.Release();
        }
    }

    [Fact]
    public void NothingIsAllocated()
    {
        var codec = new RoCEv2EthernetCodec();
        var payloads = Enumerable.Range(0, 40).Select(_ => new byte[1024]).ToArray();
        // The second pass compares the path with the first one's, which sets up the comparer.
        EncodeAndDecode(codec, payloads);
        EncodeAndDecode(codec, payloads);
        Assert.Equal(0, EncodeAndDecode(codec, payloads));
    }

    private long EncodeAndDecode(RoCEv2EthernetCodec codec, byte[][] payloads)
    {
        var burst = _builder.Burst(Ipv4Path, payloads);
        var before = GC.GetAllocatedBytesForCurrentThread();
        codec.Encode(burst);
        Forget(burst);
        codec.Decode(burst);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        burst.Release();
        return allocated;
    }

    private static byte[][] Payloads(Random random)
    {
        var payloads = Enumerable.Range(0, 30).Select(i => new byte[i < 10 ? i : random.Next(1500)]).ToArray();
        foreach (var payload in payloads)
            random.NextBytes(payload);
        return payloads;
    }

    private static void Forget(PacketBurst burst)
    {
        for (var i = 0; i < burst.Count; i++)
        {
            var (offset, length) = (burst.Packets[i].FrameOffset, burst.Packets[i].FrameLength);
            burst.Packets[i] = new PacketDescriptor { FrameOffset = offset, FrameLength = length };
        }

        burst.Path = default;
        burst.State = BurstStage.Received;
    }

    private static void AssertPacket(PacketBurst burst, int index, byte[] payload, IcrcStatus icrc)
    {
        ref var packet = ref burst.Packets[index];
        Assert.Equal((DropReason.None, icrc, 0x12u), (packet.Drop, packet.Icrc, packet.DestinationQueuePair));
        Assert.Equal(DropReason.None, PacketView.TryParse(burst.Bytes(packet.TransportOffset, packet.TransportLength), out var view));
        Assert.Equal((uint)index, view.Psn.Value);
        Assert.Equal(payload, view.Payload.ToArray());
    }
}
