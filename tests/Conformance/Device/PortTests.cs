using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The port of a device: its tables, what can be changed about it, what it counts (verbs.md 1).</summary>
[Collection(DeviceCollection.Name)]
public class PortTests
{
    [Fact]
    public void AGidKeepsItsIndexAndAFreeSlotIsUsedAgain()
    {
        var backend = new LoopbackFabric().Open();
        using var device = RdmaPipelineDevice.Open(backend);
        var first = device.QueryGid(1, 0);
        backend.AddAddress(IPAddress.Parse("10.1.0.1"));
        backend.AddAddress(IPAddress.Parse("fd00::1"));
        Assert.Equal([0, 1, 2, 3], device.QueryGidTable().Select(slot => slot.Index));
        Assert.Equal((2, 3), (device.FindGid(Gid.Parse("10.1.0.1")), device.FindGid(Gid.Parse("fd00::1"))));
        backend.RemoveAddress(IPAddress.Parse("10.1.0.1"));
        backend.RemoveAddress(IPAddress.Parse("10.1.0.1"));
        Assert.Equal((Gid.Empty, Gid.Parse("fd00::1"), first), (device.QueryGid(1, 2), device.QueryGid(1, 3), device.QueryGid(1, 0)));
        Assert.Null(device.QueryGidEntry(1, 2));
        backend.AddAddress(IPAddress.Parse("10.1.0.2"));
        Assert.Equal(Gid.Parse("10.1.0.2"), device.QueryGid(1, 2));

        // R-VERB-1: one event for a change, none for a removal of what was not there.
        var told = new List<AsyncEvent>();
        while (device.AsyncEvents.TryRead(out var happened))
            told.Add(happened);
        Assert.Equal(Enumerable.Repeat(new AsyncEvent(AsyncEventType.GidChange, null, null, 1), 4), told);
    }

    /// <summary>R-VERB-1: entry 0 is the link-local address of the MAC, always; the others are the IP addresses.</summary>
    [Theory]
    [InlineData("", "fe80::aff:fe00:1", "10.0.0.1")]
    [InlineData("?address=10.1.2.3", "fe80::aff:fe01:203", "10.1.2.3")]
    [InlineData("?address=fd00::1:2,10.1.2.3", "fe80::ff:fe01:2", "fd00::1:2", "10.1.2.3")]
    public void TheFirstEntryIsLinkLocal(string query, params string[] gids)
    {
        var backend = (LoopbackBackend)PacketBackends.Open($"mem://fabric-{Guid.NewGuid():n}/a{query}");
        using var device = RdmaPipelineDevice.Open(backend);
        Assert.Equal(gids.Select(Gid.Parse), device.QueryGidTable().Select(slot => slot.Entry.Gid));
        backend.RemoveAddress(IPAddress.Parse(gids[0]));
        Assert.Equal(Gid.Parse(gids[0]), device.QueryGid(1, 0));
        Assert.Equal(1, device.SelectGid());
        Assert.Equal(0, device.SelectGid(1, Gid.Parse("fe80::7")));
    }

    [Fact]
    public void PortsWhoseAddressesShareAMacHaveLinkLocalAddressesOfTheirOwn()
    {
        var fabric = new LoopbackFabric();
        using var first = fabric.Open(new LoopbackOptions { Addresses = [IPAddress.Parse("fd00::1:2")] });
        using var second = fabric.Open(new LoopbackOptions { Addresses = [IPAddress.Parse("fd01::1:2")] });
        Assert.Equal(first.Description.Gids[0] + 1, second.Description.Gids[0]);
    }

    /// <summary>R-VERB-1, R-WIRE-7: each of a port's addresses is source and destination, in frames of its family.</summary>
    [Theory]
    [InlineData(PipelinePreset.Staged)]
    [InlineData(PipelinePreset.Simulated)]
    public void EveryAddressIsSourceAndDestination(PipelinePreset preset)
    {
        var fabric = $"mem://fabric-{Guid.NewGuid():n}";
        var options = new DeviceOptions { Preset = preset, Seed = 1 };
        using var left = RdmaPipelineDevice.Open($"{fabric}/a?address=10.0.0.1,fd00::1", options);
        using var right = RdmaPipelineDevice.Open($"{fabric}/b?address=10.0.0.2,fd00::2", options);
        var (domain, queue) = (left.CreateProtectionDomain(), left.CreateCompletionQueue(8));
        var (peerDomain, peerQueue) = (right.CreateProtectionDomain(), right.CreateCompletionQueue(8));
        foreach (int index in new[] { 0, 1, 2 })
        {
            var a = domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
            var b = peerDomain.CreateQueuePair(new() { SendCompletionQueue = peerQueue, ReceiveCompletionQueue = peerQueue });
            a.ConnectTo(b.GetLocalEndpoint(index));
            b.ConnectTo(a.GetLocalEndpoint(index));
            Assert.Equal(index, a.Query().AddressVector!.SourceGidIndex);
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1 });
            a.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
            while (right.Provider.Drive() | left.Provider.Drive())
            {
            }

            Assert.Equal(WorkCompletionStatus.Success, Next(queue).Status);
            Assert.Equal(WorkCompletionStatus.Success, Next(peerQueue).Status);
        }
    }

    [Fact]
    public void ThePortAnswersUnderANewAddressAndNoLongerUnderALostOne()
    {
        var fabric = new LoopbackFabric();
        var backend = fabric.Open();
        using var device = RdmaPipelineDevice.Open(backend);
        backend.AddAddress(IPAddress.Parse("10.1.0.1"));
        var queue = device.CreateCompletionQueue(8);
        var domain = device.CreateProtectionDomain();
        var queuePair = domain.CreateQueuePair(new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        queuePair.ConnectTo(queuePair.GetLocalEndpoint(2), new ConnectOptions { SourceGidIndex = 2, Timeout = 8, RetryCount = 0 });
        using var memory = domain.AllocateMemory(8, DevicePair.FullAccess);
        var write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, RemoteAddress = memory.Address, RemoteKey = memory.RemoteKey,
        };
        queuePair.PostSend(write);
        Assert.Equal(WorkCompletionStatus.Success, Next(queue).Status);
        backend.RemoveAddress(IPAddress.Parse("10.1.0.1"));
        queuePair.PostSend(write);
        Assert.Equal(WorkCompletionStatus.RetryExceededError, Next(queue).Status);
        Assert.Throws<BackendOpenException>(() => fabric.Open().AddAddress(device.QueryGid(1, 0).ToIPAddress()));
    }

    [Fact]
    public void AnAddressVectorNeedsAUsedSlot()
    {
        // R-VERB-16
        var backend = new LoopbackFabric().Open();
        using var device = RdmaPipelineDevice.Open(backend);
        var queue = device.CreateCompletionQueue(8);
        var queuePair = device.CreateProtectionDomain().CreateQueuePair(
            new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        var peer = queuePair.LocalEndpoint;
        var refused = Assert.Throws<RdmaException>(() => queuePair.ConnectTo(peer, new ConnectOptions { SourceGidIndex = 1023 }));
        Assert.Equal(VerbsErrno.EINVAL, refused.Errno);
        Assert.Throws<RdmaException>(() => queuePair.ConnectTo(peer, new ConnectOptions { SourceGidIndex = 1024 }));
    }

    [Fact]
    public void ThePkeyTableHasFullAndLimitedMembersAndTellsOfChanges()
    {
        using var device = RdmaPipelineDevice.Open("mem://pkeys/a", new DeviceOptions { PkeyTableLength = 3 });
        Assert.Equal((3, 64), (device.QueryPort().PkeyTableLength, device.Attributes.MaxPkeys));
        Assert.Equal([0xFFFF, 0, 0], Enumerable.Range(0, 3).Select(index => (int)device.QueryPkey(1, index)));
        device.SetPkey(1, 1, 0x8001);
        device.SetPkey(1, 2, 0x0002);
        device.SetPkey(1, 2, 0x0002);
        Assert.Equal((1, 2, -1), (device.FindPkey(0x8001), device.FindPkey(0x0002), device.FindPkey(0x8002)));
        for (int i = 0; i < 2; i++)
        {
            Assert.True(device.AsyncEvents.TryRead(out var happened));
            Assert.Equal(new AsyncEvent(AsyncEventType.PkeyChange, null, null, 1), happened);
        }
        Assert.False(device.AsyncEvents.TryRead(out _));
    }

    // R-WIRE-26: the same low 15 bits, and at least one full member; R-WIRE-27 for what a host without a table has.
    [Fact]
    public void AReceivedPkeyIsLookedUpByPartition()
    {
        var table = new PkeyTable(3);
        table.Set(1, 0x0002);
        table.Set(2, 0x8002);
        Assert.Equal((0, 0), (table.Match(0xFFFF), table.Match(0x7FFF)));
        Assert.Equal((1, 2), (table.Match(0x8002), table.Match(0x0002)));
        Assert.Equal((-1, -1, -1), (table.Match(0x8003), table.Match(0), table.Match(0x8000)));
        Assert.Equal((0x0002, 0, 0), (table.Find(1), table.Find(3), table.Find(-1)));
        IQueuePairHost plain = new PlainHost();
        Assert.Equal((0xFFFF, 0, 0), (plain.FindPkey(1, 0), plain.FindPkey(1, 1), plain.MatchPkey(1, 0x7FFF)));
        Assert.Equal(-1, plain.MatchPkey(1, 0x8001));
    }

    // R-BE-6: each optional ability is used only where it is announced.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ShutdownNeedsABackEndThatCan(bool can)
    {
        var backend = new ObservedBackend(new LoopbackFabric().Open(), without: can ? 0 : BackendCapabilities.PortControl);
        using var device = RdmaPipelineDevice.Open(backend);
        var shutdown = new PortModification { Shutdown = true, SetCapabilities = 1 << 19 };
        if (!can)
        {
            Assert.Equal(VerbsErrno.EOPNOTSUPP, Assert.Throws<RdmaException>(() => device.ModifyPort(1, shutdown)).Errno);
            Assert.Empty(backend.PortStates);
            // All or nothing.
            Assert.Equal((PortState.Active, 1u << 16), (device.QueryPort().State, device.QueryPort().CapabilityFlags));
            return;
        }
        device.ModifyPort(1, shutdown);
        Assert.Equal([false], backend.PortStates);
        Assert.Equal((PortState.Down, PortPhysicalState.Disabled), (device.QueryPort().State, device.QueryPort().PhysicalState));
        Assert.True(device.AsyncEvents.TryRead(out var happened));
        Assert.Equal(AsyncEventType.PortError, happened.Type);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheCapabilityMaskIsKeptAndToldToABackEndThatWantsToKnow(bool wants)
    {
        var backend = new ObservedBackend(new LoopbackFabric().Open(), with: wants ? BackendCapabilities.CapabilityMaskEvents : 0);
        using var device = RdmaPipelineDevice.Open(backend);
        device.ModifyPort(1, new PortModification { SetCapabilities = 1 << 17 | 1 << 20 });
        device.ModifyPort(1, new PortModification { SetCapabilities = 1 << 19, ClearCapabilities = 1 << 16 | 1 << 19 });
        Assert.Equal(1u << 17 | 1 << 20, device.QueryPort().CapabilityFlags);
        Assert.Equal(wants ? [1 << 16 | 1 << 17 | 1 << 20, 1 << 17 | 1 << 20] : [], backend.CapabilityMasks);
        var refused = Assert.Throws<RdmaException>(() => device.ModifyPort(1, new PortModification { SetCapabilities = 1 << 5 }));
        Assert.Equal(VerbsErrno.EINVAL, refused.Errno);
        refused = Assert.Throws<RdmaException>(() => device.ModifyPort(1, new PortModification { InitType = 1 }));
        Assert.Equal(VerbsErrno.EOPNOTSUPP, refused.Errno);
    }

    [Fact]
    public void PacketsOfAForeignPartitionAreCounted()
    {
        var fabric = new LoopbackFabric();
        var backend = fabric.Open();
        using var device = RdmaPipelineDevice.Open(backend);
        using var stranger = fabric.Open();
        var queue = device.CreateCompletionQueue(8);
        var queuePair = device.CreateProtectionDomain().CreateQueuePair(
            new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        queuePair.ConnectTo(queuePair.LocalEndpoint);
        Send(stranger, backend.Description.Gids[^1], queuePair, pkey: 0x8001);
        Send(stranger, backend.Description.Gids[^1], queuePair, pkey: 0x8002);
        // Whoever drives the device just then, this thread or the device's own.
        Assert.True(SpinWait.SpinUntil(Counted, TimeSpan.FromSeconds(30)));
        Assert.Equal((2u, 0u), (device.QueryPort().BadPkeyCount, device.QueryPort().BadQkeyCount));

        bool Counted()
        {
            device.Provider.Drive();
            return device.QueryPort().BadPkeyCount == 2;
        }
    }

    // verbs.md 1: RESET_QKEY_CNTR starts the count of bad Q_Keys anew, and no other.
    [Fact]
    public void TheQkeyCounterCanBeReset()
    {
        var port = new DevicePort(new LoopbackFabric().Open(), new DeviceOptions());
        long drops = 5;
        port.Drops = _ => drops;
        Assert.Equal((5u, 5u), (port.Look().BadQkeyCount, port.Look().BadPkeyCount));
        port.Modify(new PortModification { ResetQkeyCounter = true });
        drops = 7;
        Assert.Equal((2u, 7u), (port.Look().BadQkeyCount, port.Look().BadPkeyCount));
        drops = 1L << 40;
        Assert.Equal(ushort.MaxValue, port.Look().BadQkeyCount);
    }

    // As if it came from the queue pair's own path: the partition is judged after it (wire.md section 8, steps 10 and 11).
    private static void Send(LoopbackBackend sender, UInt128 gid, QueuePair queuePair, ushort pkey)
    {
        var burst = sender.Pool.Rent();
        burst.Path = new FlowPath(gid, gid, 0, 64, 0, 0xC123);
        var bth = new Bth
        {
            Opcode = Opcode.RcSendOnly, PartitionKey = pkey, DestinationQueuePair = queuePair.Number, Psn = queuePair.InitialPsn,
        };
        ref var packet = ref burst.Append();
        bth.Write(burst.HeaderArea(0));
        packet.HeaderLength = 12;
        sender.Codec.Encode(burst);
        sender.Send(burst);
    }

    private static WorkCompletion Next(CompletionQueue queue)
    {
        var one = new WorkCompletion[1];
        Assert.True(SpinWait.SpinUntil(() => queue.Poll(one) == 1, TimeSpan.FromSeconds(30)));
        return one[0];
    }

    private sealed class PlainHost : IQueuePairHost
    {
        public void Raise(AsyncEventType type)
        {
        }

        public Gid? FindGid(int port, int index) => null;
    }
}
