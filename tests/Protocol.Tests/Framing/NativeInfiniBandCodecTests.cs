using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;
using static RdmaPipeline.Protocol.Tests.Framing.NativeScene;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>
/// Bursts become native frames and come back, and what a port must not take is dropped for its reason (R-BE-12, R-BE-50, R-BE-51, R-BE-54,
/// R-WIRE-2, R-WIRE-4, R-WIRE-22..25, R-WIRE-32).
/// </summary>
public sealed class NativeInfiniBandCodecTests(ITestOutputHelper output) : IDisposable
{
    private readonly NativeScene _scene = new();

    public static TheoryData<bool, bool> Variants => new() { { false, true }, { false, false }, { true, true }, { true, false } };

    public void Dispose() => _scene.Dispose();

    /// <summary>The path of V-06 and its lane give its bytes; V-29 shows the GRH.</summary>
    [Theory]
    [InlineData("V-06", 8, 28, 14)]
    [InlineData("V-29", 48, 12, 4)]
    public void EncodesTheVector(string id, int transportOffset, int headerLength, int payloadLength)
    {
        var vector = TestVector.Of(id).Bytes;
        Assert.True(Lrh.TryParse(vector, out var lrh));
        var transport = vector.AsSpan(transportOffset);
        var burst = _scene.Prepared(transport[..headerLength], transport.Slice(headerLength, payloadLength));
        burst.Path = FramePath.Read(vector, NativeFrame.Locate(vector));
        Port(lrh.ServiceLevel, lrh.VirtualLane, out var codec);
        codec.Encode(burst);
        Assert.Equal(vector, Frame(burst, 0).ToArray());
    }

    [Theory]
    [InlineData("V-06")]
    [InlineData("V-29")]
    public void DecodesTheVector(string id)
    {
        var vector = TestVector.Of(id).Bytes;
        var layout = NativeFrame.Locate(vector);
        Assert.True(Lrh.TryParse(vector, out var lrh));
        var port = new NativePort(OwnGid);
        port.Assign(lrh.Destination, 0);
        var burst = _scene.Arrived(vector);
        new NativeInfiniBandCodec(port).Decode(burst);
        ref var packet = ref burst.Packets[0];
        Assert.Equal((DropReason.None, IcrcStatus.Valid32), (packet.Drop, packet.Icrc));
        Assert.Equal((layout.TransportOffset, layout.TransportLength), (packet.TransportOffset, packet.TransportLength));
        Assert.Equal((lrh.Source, lrh.Destination, lrh.ServiceLevel),
            (burst.Path.SourceLid, burst.Path.DestinationLid, burst.Path.ServiceLevel));
        Assert.Equal(layout.Kind == FrameKind.NativeGlobal ? (PeerGid, OwnGid) : default, (burst.Path.Source, burst.Path.Destination));
    }

    /// <summary>R-WIRE-4: the GRH of V-07 announces no IBA transport.</summary>
    [Fact]
    public void DropsTheCrcExercise()
    {
        var burst = _scene.Arrived(TestVector.Of("V-07").Bytes);
        Port(0, 0, out var codec);
        codec.Decode(burst);
        Assert.Equal(DropReason.BadHeader, burst.Packets[0].Drop);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void WhatIsEncodedDecodes(bool global, bool crc)
    {
        var random = TestSeed.Random(output);
        var codec = new NativeInfiniBandCodec(OwnPort(), crc);
        var path = global ? Global : Local;
        var payloads = Enumerable.Range(0, 20).Select(i => new byte[i < 10 ? i : random.Next(4097)]).ToArray();
        foreach (var payload in payloads)
            random.NextBytes(payload);
        var burst = _scene.Builder.Burst(path, payloads);
        codec.Encode(burst);
        Assert.Equal(BurstStage.Encoded, burst.State);
        for (var i = 0; i < burst.Count; i++)
            Assert.Equal(crc, Vcrc.Verify(Frame(burst, i)) && Icrc.Verify(Frame(burst, i), NativeFrame.Locate(Frame(burst, i))));
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal((path, BurstStage.Decoded), (burst.Path, burst.State));
        for (var i = 0; i < payloads.Length; i++)
        {
            ref var packet = ref burst.Packets[i];
            Assert.Equal((DropReason.None, crc ? IcrcStatus.Valid32 : IcrcStatus.Offloaded), (packet.Drop, packet.Icrc));
            Assert.Equal(DropReason.None, PacketView.TryParse(burst.Bytes(packet.TransportOffset, packet.TransportLength), out var view));
            Assert.Equal(payloads[i], view.Payload.ToArray());
        }

        // R-BE-51
        Assert.Equal(global ? Lrh.Length + Grh.Length : Lrh.Length, burst.Packets[0].TransportOffset);
    }

    [Fact]
    public void ALinkErrorIsToldFromAnErrorOnTheWay()
    {
        var codec = new NativeInfiniBandCodec(OwnPort());
        var burst = _scene.Builder.Burst(Global, new byte[40], new byte[40], new byte[40]);
        codec.Encode(burst);
        Frame(burst, 0)[^5] ^= 4;
        Frame(burst, 1)[60] ^= 4;
        Vcrc.Write(Frame(burst, 1));
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal([DropReason.VcrcMismatch, DropReason.None, DropReason.None], burst.Packets.Take(3).Select(p => p.Drop));
        Assert.Equal([IcrcStatus.Unchecked, IcrcStatus.Invalid, IcrcStatus.Valid32], burst.Packets.Take(3).Select(p => p.Icrc));
        Assert.Equal((1, 1), (codec.Verdicts.Valid32, codec.Verdicts.Invalid));
    }

    /// <summary>A router changes hop limit and lane on the way and makes a new VCRC: the ICRC masks both (wire.md section 6).</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatARouterChangesIsMasked(bool global)
    {
        var codec = new NativeInfiniBandCodec(OwnPort());
        var burst = _scene.Builder.Burst(global ? Global : Local, new byte[4]);
        codec.Encode(burst);
        var frame = Frame(burst, 0);
        frame[0] = 0x70;
        if (global)
            frame[Lrh.Length + 7]--;
        Vcrc.Write(frame);
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal((DropReason.None, IcrcStatus.Valid32), (burst.Packets[0].Drop, burst.Packets[0].Icrc));
    }

    [Fact]
    public void ABurstIsOneFlow()
    {
        var codec = new NativeInfiniBandCodec(OwnPort());
        var burst = _scene.Builder.Burst(Local, new byte[4], new byte[4], new byte[4]);
        codec.Encode(burst);
        var stranger = Frame(burst, 1);
        stranger[7]++;
        Icrc.Write(stranger, NativeFrame.Locate(stranger));
        Vcrc.Write(stranger);
        Forget(burst);
        codec.Decode(burst);
        Assert.Equal([DropReason.None, DropReason.BadHeader, DropReason.None], burst.Packets.Take(3).Select(p => p.Drop));
        Assert.Equal(Local, burst.Path);
    }

    [Fact]
    public void AnyBytesDecode()
    {
        var random = TestSeed.Random(output);
        for (var round = 0; round < 2000; round++)
        {
            var codec = new NativeInfiniBandCodec(OwnPort(), crc: random.Next(4) == 0);
            var burst = _scene.Builder.Burst(random.Next(2) == 0 ? Local : Global, new byte[random.Next(300)], new byte[random.Next(300)]);
            codec.Encode(burst);
            for (var flips = random.Next(1, 30); flips > 0; flips--)
                burst.Bytes(random.Next(300), 1)[0] ^= (byte)(1 << random.Next(8));
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
        var codec = new NativeInfiniBandCodec(OwnPort());
        var payloads = Enumerable.Range(0, 30).Select(_ => new byte[1024]).ToArray();
        EncodeAndDecode(codec, payloads);
        EncodeAndDecode(codec, payloads);
        Assert.Equal(0, EncodeAndDecode(codec, payloads));
    }

    private long EncodeAndDecode(NativeInfiniBandCodec codec, byte[][] payloads)
    {
        var burst = _scene.Builder.Burst(Global, payloads);
        var before = GC.GetAllocatedBytesForCurrentThread();
        codec.Encode(burst);
        Forget(burst);
        codec.Decode(burst);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        burst.Release();
        return allocated;
    }
}
