using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>modify_device, modify_port, the P_Key table and what never changes (verbs.md 1).</summary>
public sealed class DeviceModifyTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public DeviceModifyTests() => _fake.Provider.Port = _fake.Provider.Port with { PkeyTableLength = 3 };

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void TheDeviceTellsItsNewNameAndGuid()
    {
        RdmaDevice device = _fake.Device;
        device.ModifyDevice(new DeviceModification { NodeDescription = "rack 7" });
        device.ModifyDevice(new DeviceModification { SystemImageGuid = 0x0200_00FF_FE00_0001 });
        Assert.Equal(("rack 7", 0x0200_00FF_FE00_0001ul), (device.Attributes.NodeDescription, device.Attributes.SystemImageGuid));
        Assert.Equal("fake0", device.Name);
    }

    [Fact]
    public void ADescriptionHasAtMost64Bytes()
    {
        string fits = new('ü', 32);
        _fake.Device.ModifyDevice(new DeviceModification { NodeDescription = fits });
        Failing.With(
            VerbsErrno.EINVAL,
            () => _fake.Device.ModifyDevice(new DeviceModification { NodeDescription = fits + "x", SystemImageGuid = 5 }),
            "node_desc", "65", "64");
        Assert.Equal((fits, 0ul), (_fake.Device.Attributes.NodeDescription, _fake.Device.Attributes.SystemImageGuid));
    }

    [Fact]
    public void PortChangesReachTheProviderForAPortThatExists()
    {
        var change = new PortModification { ResetQkeyCounter = true };
        Failing.With(VerbsErrno.EINVAL, () => _fake.Device.ModifyPort(2, change), "port_num", "is 2", "1");
        Assert.Empty(_fake.Provider.PortModifications);
        _fake.Device.ModifyPort(1, change);
        Assert.Equal([change], _fake.Provider.PortModifications);
    }

    [Fact]
    public void ThePkeyTableIsCheckedChangedAndSearched()
    {
        RdmaDevice device = _fake.Device;
        Failing.With(VerbsErrno.EINVAL, () => device.SetPkey(1, 3, 0x8001), "pkey index", "is 3", "2");
        Failing.With(VerbsErrno.EINVAL, () => device.SetPkey(1, -1, 0x8001), "pkey index", "is -1");
        Failing.With(VerbsErrno.EINVAL, () => device.SetPkey(0, 0, 0x8001), "port_num", "is 0");
        device.SetPkey(1, 1, 0x8001);
        Assert.Equal((0x8001, 0x7FFF), (device.QueryPkey(1, 1), device.QueryPkey(1, 2)));

        // All 16 bits count: membership is part of the key.
        Assert.Equal((0, 1, 2), (device.FindPkey(0xFFFF), device.FindPkey(0x8001), device.FindPkey(0x7FFF)));
        Assert.Equal(-1, device.FindPkey(0x0001));
    }

    [Theory]
    [InlineData(LinkLayer.Ethernet, GidType.RoCEv2, PortCoreCapabilities.RoCEv2 | PortCoreCapabilities.EthernetAddressVectors)]
    [InlineData(LinkLayer.Ethernet, GidType.RoCEv1, PortCoreCapabilities.RoCEv1 | PortCoreCapabilities.EthernetAddressVectors)]
    [InlineData(LinkLayer.InfiniBand, GidType.InfiniBand,
        PortCoreCapabilities.InfiniBand | PortCoreCapabilities.SubnetManagement | PortCoreCapabilities.SubnetAdministration)]
    public void WhatNeverChangesFollowsFromTheLink(LinkLayer link, GidType type, PortCoreCapabilities own)
    {
        const PortCoreCapabilities common = PortCoreCapabilities.ManagementDatagrams | PortCoreCapabilities.ConnectionManagement
            | PortCoreCapabilities.InfiniBandAddresses;
        _fake.Provider.Port = _fake.Provider.Port with { LinkLayer = link };
        _fake.Provider.Gids[0] = _fake.Provider.Gids[0] with { Type = type };
        PortImmutable port = _fake.Device.GetPortImmutable();
        Assert.Equal(common | own, port.Core);
        Assert.Equal((8, 3, 256), (port.GidTableLength, port.PkeyTableLength, port.MaxManagementDatagram));
        Failing.With(VerbsErrno.EINVAL, () => _fake.Device.GetPortImmutable(2), "port_num", "is 2");
    }

    // verbs.md: a verb that a device does not implement gives EOPNOTSUPP.
    [Fact]
    public void WhatAProviderDoesNotImplementIsNotSupported()
    {
        IVerbsProvider bare = new BareVerbsProvider();
        Failing.With(VerbsErrno.EOPNOTSUPP, () => bare.SetPkey(1, 0, 1), "P_Key");
        Failing.With(VerbsErrno.EOPNOTSUPP, () => bare.ModifyPort(1, new PortModification()), "port");
        Failing.With(VerbsErrno.EOPNOTSUPP, () => bare.ReadClock(), "clock");
        Failing.With(VerbsErrno.EOPNOTSUPP, () => bare.NotifyLater(_fake.Queue, 1), "moderation");
    }
}
