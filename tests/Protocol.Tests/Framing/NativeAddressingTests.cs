using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Telemetry;
using static RdmaPipeline.Protocol.Tests.Framing.NativeScene;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>Whom a native frame is for (R-BE-54, R-WIRE-32; wire.md section 8, steps 1 and 4). CRCs are right in all of them.</summary>
public sealed class NativeAddressingTests : IDisposable
{
    private readonly NativeScene _scene = new();

    public void Dispose() => _scene.Dispose();

    public static TheoryData<string, DropReason> Refusals => new()
    {
        { "link version", DropReason.BadHeader },
        { "packet length", DropReason.BadLength },
        { "raw", DropReason.BadHeader },
        { "foreign LID", DropReason.NoRoute },
        { "LID above the path bits", DropReason.NoRoute },
        { "path bits", DropReason.None },
        { "permissive LID", DropReason.NoRoute },
        { "multicast LID without GRH", DropReason.BadHeader },
        { "management lane", DropReason.BadHeader },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void AHeaderThatIsNotForThisPortIsDropped(string what, DropReason expected)
    {
        Action<byte[]> change = what switch
        {
            "link version" => f => f[0] |= 1,
            "packet length" => f => f[5]++,
            "raw" => f => f[1] &= 0xFC,
            "foreign LID" => f => f[2] = 0x10,
            "LID above the path bits" => f => f[3] += 4,
            "path bits" => f => f[3] += 3,
            "permissive LID" => f => f[2] = f[3] = 0xFF,
            "multicast LID without GRH" => f => f[2] = 0xC0,
            _ => f => f[0] |= 0xF0,
        };
        Assert.Equal(expected, _scene.Changed(Local, new byte[16], change).Drop);
    }

    [Fact]
    public void AGlobalFrameIsForOneOfThePortsGids()
    {
        Assert.Equal(DropReason.None, _scene.Changed(Global, new byte[16], static _ => { }).Drop);
        Assert.Equal(DropReason.NoRoute, _scene.Changed(Global with { Destination = PeerGid }, new byte[16], static _ => { }).Drop);
        Assert.Equal(DropReason.BadLength, _scene.Changed(Global, new byte[16], static f => f[13] += 4).Drop);
        var group = Global with { Destination = (UInt128)0xFF12 << 112, DestinationLid = 0xC123 };
        Assert.Equal(DropReason.None, _scene.Changed(group, new byte[16], static _ => { }).Drop);
        Assert.Equal(DropReason.BadHeader, _scene.Changed(group with { Destination = OwnGid }, new byte[16], static _ => { }).Drop);
    }

    /// <summary>R-WIRE-32: QP0 on lane 15 only, 256 bytes, and the permissive LID for directed routes only.</summary>
    [Fact]
    public void ManagementDatagramsFollowTheirRules()
    {
        Assert.Equal(DropReason.None, _scene.Mad(0, 256, 0x01, Local).Drop);
        Assert.Equal(DropReason.None, _scene.Mad(1, 256, 0x03, Local).Drop);
        Assert.Equal(DropReason.BadLength, _scene.Mad(0, 252, 0x01, Local).Drop);
        Assert.Equal(DropReason.BadLength, _scene.Mad(1, 260, 0x03, Local).Drop);
        Assert.Equal(DropReason.BadHeader, _scene.Mad(0, 256, 0x01, Local, lane: 0).Drop);
        Assert.Equal(DropReason.BadHeader, _scene.Mad(1, 256, 0x01, Local, lane: 15).Drop);
        var permissive = Local with { SourceLid = 0, DestinationLid = Lrh.PermissiveLid };
        Assert.Equal(DropReason.None, _scene.Mad(0, 256, 0x81, permissive).Drop);
        Assert.Equal(DropReason.NoRoute, _scene.Mad(0, 256, 0x01, permissive).Drop);
        Assert.Equal(DropReason.NoRoute, _scene.Mad(1, 256, 0x81, permissive).Drop);
    }

    [Fact]
    public void APortWithoutALidHearsDirectedRoutesOnly()
    {
        var codec = new NativeInfiniBandCodec(new NativePort(OwnGid));
        Assert.Equal(DropReason.NoRoute, _scene.Changed(Local with { DestinationLid = 0 }, new byte[16], static _ => { }, codec).Drop);
        var permissive = Local with { SourceLid = 0, DestinationLid = Lrh.PermissiveLid };
        Assert.Equal(DropReason.None, _scene.Mad(0, 256, 0x81, permissive, codec: codec).Drop);
    }

    [Fact]
    public void APortRefusesWhatNoSubnetManagerMaySay()
    {
        var port = new NativePort();
        Assert.Throws<ArgumentOutOfRangeException>(() => port.Assign(0xC000, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => port.Assign(0x11, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => port.Assign(0x10, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => port.SetLane(0, 15));
        Assert.Throws<ArgumentOutOfRangeException>(() => port.SetLane(16, 0));
        Assert.Equal((0, 0, false), (port.Lid, port.LidMaskControl, port.Owns((ushort)0)));
    }
}
