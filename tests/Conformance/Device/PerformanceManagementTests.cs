using System.Buffers.Binary;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Performance management on queue pair 1, which the device answers itself on every link (R-BE-53).</summary>
[Collection(DeviceCollection.Name)]
public class PerformanceManagementTests
{
    private const ushort PortCounters = 0x12;
    private const int Data = 64;
    private static readonly byte[] All = [0, 1, 0xFF, 0xFF];

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory] // R-BE-53, R-CM-3.
    [MemberData(nameof(Setups))]
    public void AnybodyReadsThePortsCounters(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var user = new ManagementUser(pair.A, QueuePairType.Gsi, pair.B);
        using var way = user.WayTo(pair.B);
        var first = Counters(user, way);
        Assert.Equal(1u, user.Completion.SourceQueuePair);
        var second = Counters(user, way);
        var received = Packets(second, 36) - Packets(first, 36);
        Assert.InRange(received, 1, 4);
        Assert.True(Packets(second, 32) > Packets(first, 32));

        // R-BE-53: Set clears what is selected, and nothing the device counts for itself.
        var total = pair.B.GetPipeline().BackendCounters.Received.Packets;
        var cleared = user.Ask(Request(ManagementMethod.Set, [0, 0xFF, 0x80, 0x00]), way);
        Assert.Equal(MadStatus.Success, cleared.Header.Status);
        Assert.Equal(0, Packets(cleared.Mad, 36));
        var after = Counters(user, way);
        Assert.InRange(Packets(after, 36), 1, 4);
        Assert.True(Packets(after, 32) > Packets(second, 32));
        Assert.True(pair.B.GetPipeline().BackendCounters.Received.Packets > total);
    }

    [Fact]
    public void ADatagramQueuePairMayAskToo()
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var user = new ManagementUser(pair.A, QueuePairType.UnreliableDatagram);
        using var way = user.WayTo(pair.B);

        // R-WIRE-30: with bit 31 set a user speaks with its own key, which is that of general services here.
        Assert.Equal(MadStatus.Success, user.Ask(Request(ManagementMethod.Get, All), way).Header.Status);
    }

    [Fact] // R-WIRE-29: the agents take nothing that the user's queue pair would not.
    public void AWrongQueueKeyIsDropped()
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var user = new ManagementUser(pair.A, QueuePairType.UnreliableDatagram, 0x8001_0001);
        using var way = user.WayTo(pair.B);
        user.Send(Request(ManagementMethod.Get, All), way, 1);
        user.Await(1);
        pair.Until(() => DevicePair.Drops(pair.B, DropReason.BadQkey) == 1, "the datagram is dropped");
        Assert.Equal(0, pair.B.GetPipeline().BackendCounters.Sent.Packets);
    }

    [Theory]
    [InlineData(0x1D, 1, 1, MadStatus.UnsupportedAttribute)]
    [InlineData(PortCounters, 1, 2, MadStatus.InvalidValue)]
    [InlineData(PortCounters, 2, 1, MadStatus.BadVersion)]
    [InlineData(0x01, 1, 0, MadStatus.Success)]
    public void WhatTheAgentCannotDoItSays(int attribute, byte classVersion, byte port, MadStatus expected)
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var user = new ManagementUser(pair.A, QueuePairType.Gsi);
        using var way = user.WayTo(pair.B);
        var request = ManagementUser.Request(ManagementClass.Performance, ManagementMethod.Get, (ushort)attribute, 0, [0, port]);
        request[2] = classVersion;
        Assert.Equal(expected, user.Ask(request, way).Header.Status);
    }

    [Fact]
    public void WhatWasLostAndDamagedIsCounted()
    {
        var port = new LoopbackFabric().Open();
        using var device = RdmaPipelineDevice.Open(port);
        var user = new ManagementUser(device, QueuePairType.Gsi);
        using var way = user.WayTo(device);
        port.SetLink(false);
        port.SetLink(true);
        port.Counters.Drop(DropReason.VcrcMismatch, 70_000);
        port.Counters.Drop(DropReason.NoRoute, 5);
        var counters = Counters(user, way);
        Assert.Equal((1, 0xFFFF, 5), (counters[Data + 7], Half(counters, 8), Half(counters, 14)));
        var written = user.Ask(Request(ManagementMethod.Set, [0, 1, 0, 0x40, .. new byte[10], 0, 3]), way).Mad;
        Assert.Equal((1, 3), (written[Data + 7], Half(written, 14)));
        port.Counters.Drop(DropReason.NoRoute, 1);
        Assert.Equal(4, Half(Counters(user, way), 14));
    }

    /// <summary>R-BE-6: no agent without its bit; and the user may do without the agents.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void WithoutAgentsTheUserGetsEverything(bool announced, bool wanted)
    {
        var backend = new ObservedBackend(new LoopbackFabric().Open(), without: announced ? 0 : BackendCapabilities.Management);
        using var device = RdmaPipelineDevice.Open(backend, new DeviceOptions { ManagementAgents = wanted });
        var user = new ManagementUser(device, QueuePairType.Gsi);
        using var way = user.WayTo(device);
        user.Send(Request(ManagementMethod.Get, All), way, 1);
        user.Await(2);
        Assert.Equal((byte)ManagementMethod.Get, user.Received[3]);
    }

    /// <summary>The user's are other classes, answers and traps, and what is no management datagram at all.</summary>
    [Theory]
    [InlineData(1, 0x07, 0x03)]
    [InlineData(1, 0x04, 0x81)]
    [InlineData(1, 0x04, 0x05)]
    [InlineData(1, 0x01, 0x01)]
    [InlineData(2, 0x04, 0x01)]
    public void WhatIsNotForTheAgentIsTheUsers(byte version, byte managementClass, byte method)
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var (sender, receiver) = (new ManagementUser(pair.A, QueuePairType.Gsi), new ManagementUser(pair.B, QueuePairType.Gsi));
        using var way = sender.WayTo(pair.B);
        var mad = Request(ManagementMethod.Get, All);
        (mad[0], mad[1], mad[3]) = (version, managementClass, method);
        sender.Send(mad, way, 1);
        receiver.Await(1);
        Assert.True(receiver.Received[16..].SequenceEqual(mad.AsSpan(16)));
    }

    [Fact]
    public void AFloodIsAnsweredAsFarAsThereIsRoomAndTheRestIsCounted()
    {
        var options = new DeviceOptions { Preset = PipelinePreset.Simulated, Seed = 5 };
        using var asking = RdmaPipelineDevice.Open("mem://flood/a", options);
        using var answering = RdmaPipelineDevice.Open("mem://flood/b", options);
        var user = new ManagementUser(asking, QueuePairType.UnreliableDatagram, answering);
        using var way = user.WayTo(answering);
        for (var i = 0; i < 100; i++)
            user.Send(Request(ManagementMethod.Get, All), way, 1);
        while (asking.Provider.Drive() | answering.Provider.Drive())
        {
        }

        var answered = answering.GetPipeline().BackendCounters.Sent.Packets;
        Assert.Equal(100, answered + DevicePair.Drops(answering, DropReason.QueueFull));
        Assert.InRange(answered, 32, 99);
        Assert.Empty(answering.GetPipeline().CheckLaws());
        Assert.Equal(0, answering.GetPipeline().OutstandingBursts);
    }

    private static byte[] Counters(ManagementUser user, AddressHandle way)
    {
        var (header, mad) = user.Ask(Request(ManagementMethod.Get, All), way);
        Assert.Equal((MadStatus.Success, PortCounters), (header.Status, header.Attribute));
        return mad;
    }

    private static byte[] Request(ManagementMethod method, ReadOnlySpan<byte> data) =>
        ManagementUser.Request(ManagementClass.Performance, method, PortCounters, 0, data);

    private static long Packets(byte[] mad, int offset) => BinaryPrimitives.ReadUInt32BigEndian(mad.AsSpan(Data + offset));

    private static int Half(byte[] mad, int offset) => BinaryPrimitives.ReadUInt16BigEndian(mad.AsSpan(Data + offset));
}
