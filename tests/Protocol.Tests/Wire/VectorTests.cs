using System.Text.Json;
using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Cli.Decode;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>
/// The vectors of the wire format: each decodes to the fields it names, carries the CRCs its bytes give, and is built again from its fields
/// byte for byte (R-WIRE-1, 2, 3, 5, 7, 9, 10, 12, 21, 22, 24, 33).
/// </summary>
public sealed class VectorTests
{
    /// <summary>Its GRH announces no IBA transport: a CRC exercise that a receiver must drop.</summary>
    private const string CrcExercise = "V-07";

    public static TheoryData<string> Ids => [.. TestVector.All.Select(v => v.Id)];

    public static TheoryData<string> ReceivableIds => [.. TestVector.All.Select(v => v.Id).Where(id => id != CrcExercise)];

    [Fact]
    public void AllVectorsAreThere() => Assert.Equal(23, TestVector.All.Count);

    [Theory]
    [MemberData(nameof(Ids))]
    public void CrcsAreThoseOfTheBytes(string id)
    {
        var vector = TestVector.Of(id);
        var frame = vector.Bytes;
        Assert.Equal(vector.Length, frame.Length);
        var layout = Layout(vector, frame);
        Assert.Equal(vector.Icrc, Convert.ToHexStringLower(BitConverter.GetBytes(Icrc.Compute(frame, layout))));
        Assert.True(Icrc.Verify(frame, layout));
        Assert.True(!vector.IsNative || (Vcrc.Verify(frame) && vector.Frame.EndsWith(vector.Vcrc!, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(ReceivableIds))]
    public void DecodesToTheNamedFields(string id)
    {
        var vector = TestVector.Of(id);
        var packet = Dissect(vector);
        Assert.NotNull(packet);
        Assert.True(packet.IsGood);
        var actual = packet.Headers.SelectMany(h => h.Fields.Select(f => (Key: $"{h.Name}.{f.Name}", Field: f)))
            .ToDictionary(f => f.Key, f => f.Field);
        foreach (var (name, expected) in vector.Fields)
            Assert.Equal($"{name}={expected}", $"{name}={Actual(name, expected, vector, packet, actual)}");
    }

    [Theory]
    [MemberData(nameof(ReceivableIds))]
    public void IsBuiltAgainFromItsFields(string id)
    {
        var frame = TestVector.Of(id).Bytes;
        Assert.Equal(frame, Reencoder.Rewrite(frame, Layout(TestVector.Of(id), frame)));
    }

    /// <summary>R-WIRE-4: NxtHdr 0 is dropped; the bytes around it still build again.</summary>
    [Fact]
    public void TheCrcExerciseIsDroppedAndBuildsAgain()
    {
        var vector = TestVector.Of(CrcExercise);
        var frame = vector.Bytes;
        Assert.Equal(DropReason.BadHeader, NativeFrame.Locate(frame).Fault);
        Assert.Equal(DropReason.BadHeader, Dissect(vector)!.Fault);
        Assert.True(Lrh.TryParse(frame, out var lrh));
        var rebuilt = new FrameHeaders
        {
            Kind = FrameKind.NativeGlobal,
            Lrh = lrh,
            Grh = new Grh { HopLimit = frame[15], Source = Gid(frame, 16), Destination = Gid(frame, 32) },
        }.Assemble(frame.AsSpan(48, frame.Length - 54));
        // The two fields that a sender of ours cannot make wrong.
        frame.AsSpan(12, 3).CopyTo(rebuilt.AsSpan(12));
        Icrc.Write(rebuilt, ExerciseLayout(frame));
        Vcrc.Write(rebuilt);
        Assert.Equal(frame, rebuilt);
    }

    [Fact]
    public void ARouterMayChangeWhatTheIcrcMasks()
    {
        var before = TestVector.Of("V-33").Bytes;
        var layout = EthernetFrame.Locate(before);
        Assert.True(layout.IsSound && Icrc.Verify(before, layout));
        before[15] ^= 0xFF;
        before[22]--;
        Assert.True(Icrc.Verify(before, layout));
        before[18] ^= 1;
        Assert.False(Icrc.Verify(before, layout));
    }

    private static UInt128 Gid(byte[] frame, int offset) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(frame.AsSpan(offset));

    private static FrameLayout ExerciseLayout(byte[] frame) =>
        new(FrameKind.NativeGlobal, Lrh.Length, Lrh.Length + Grh.Length,
            frame.Length - Lrh.Length - Grh.Length - Vcrc.Length, DropReason.None);

    private static FrameLayout Layout(TestVector vector, byte[] frame) => vector switch
    {
        { Id: CrcExercise } => ExerciseLayout(frame),
        { IsNative: true } => NativeFrame.Locate(frame),
        _ => EthernetFrame.Locate(frame),
    };

    private static DissectedPacket? Dissect(TestVector vector) => PacketDissector.Dissect(new CapturedPacket(
        1, vector.IsNative ? LinkLayerType.InfiniBand : LinkLayerType.Ethernet, 0, vector.Bytes, vector.Length));

    private static string Actual(string name, JsonElement expected, TestVector vector, DissectedPacket packet,
        Dictionary<string, DissectedField> fields) => name switch
    {
        "kind" => packet.Kind.ToString(),
        "payloadLength" => $"{packet.PayloadLength}",
        "payload" => Payload(vector),
        _ => expected.ValueKind == JsonValueKind.Number ? $"{fields[name].Number}" : fields[name].Text,
    };

    private static string Payload(TestVector vector)
    {
        var frame = vector.Bytes;
        var layout = Layout(vector, frame);
        Assert.Equal(DropReason.None, PacketView.TryParse(frame.AsSpan(layout.TransportOffset, layout.TransportLength), out var packet));
        return Convert.ToHexStringLower(packet.Payload);
    }
}
