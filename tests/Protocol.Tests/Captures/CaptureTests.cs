using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Protocol.Tests.Captures;

/// <summary>
/// Every packet of every capture decodes, its ICRC verifies, and it is built again byte for byte (R-WIRE-2, R-WIRE-13,
/// R-WIRE-16).
/// </summary>
public sealed class CaptureTests
{
    public static TheoryData<string> Files => [.. CaptureFiles.Paths.Select(p => Path.GetFileName(p))];

    [Fact]
    public void AllCapturesAreThere()
    {
        Assert.Equal(55, CaptureFiles.Paths.Count);
        Assert.Equal(2087, CaptureFiles.RdmaFrames.Count());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryPacketDecodesVerifiesAndBuildsAgain(string file)
    {
        var seen = 0;
        foreach (var packet in CaptureReader.ReadFile(CaptureFiles.Paths.Single(p => Path.GetFileName(p) == file)))
        {
            var frame = packet.Data.Span;
            var layout = EthernetFrame.Locate(frame);
            if (layout.Kind == FrameKind.None)
                continue;
            seen++;
            Assert.True(layout.IsSound, $"{file} packet {packet.Number}: {layout.Fault}");
            Assert.True(Icrc.Verify(frame, layout), $"{file} packet {packet.Number}: ICRC");
            var rebuilt = Reencoder.Rewrite(frame, layout);
            Assert.True(frame[..rebuilt.Length].SequenceEqual(rebuilt), $"{file} packet {packet.Number} is built differently");
        }

        Assert.NotEqual(0, seen);
    }
}
