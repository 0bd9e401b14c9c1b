using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <content>Multicast (R-BE-36, R-RESP-47): members get every packet once, others none.</content>
public abstract partial class BackendConformance
{
    private const ushort MulticastLid = 0xC00F;

    private bool IsAlone => ReferenceEquals(Sender, Receiver);

    [SkippableFact]
    public void AMemberGetsAGroupsPacketsOnceAndUntilItLeaves()
    {
        var group = Group();
        SendTo(group, 3);
        Assert.Equal(0, _traffic.Pull(Receiver));
        Receiver.JoinGroup(group);
        SendTo(group, 5);
        _traffic.Collect(Receiver, 5);
        Assert.Equal(0, _traffic.Pull(Receiver));
        Receiver.LeaveGroup(group);
        SendTo(group, 2);
        Assert.Equal(0, _traffic.Pull(Receiver));
        Assert.Equal([3u, 4, 5, 6, 7], _traffic.Arrived);
        Assert.Equal(0, _traffic.Refused);
    }

    [SkippableFact]
    public void ASenderThatIsAMemberGetsItsOwnPackets()
    {
        Skip.If(IsAlone, "one back-end has no other member");
        var group = Group();
        Sender.JoinGroup(group);
        Receiver.JoinGroup(group);
        SendTo(group, 7);
        _traffic.Collect(Sender, 7);
        _traffic.Collect(Receiver, 7);
        Assert.Equal((0, 0), (_traffic.Pull(Sender), _traffic.Pull(Receiver)));
        Assert.Equal(Enumerable.Range(0, 14).Select(n => (uint)n % 7), _traffic.Arrived);
    }

    [SkippableFact]
    public void OnlyTheGroupsThatWereJoinedArrive()
    {
        UInt128[] groups = [Group(), Group(), Group()];
        Receiver.JoinGroup(groups[0]);
        Receiver.JoinGroup(groups[2]);
        foreach (var group in groups)
            SendTo(group, 2);
        Send(_traffic.BuildEqual(Sender, _pair.Destination, 2, 100));
        _traffic.Collect(Receiver, 6);
        Assert.Equal(0, _traffic.Pull(Receiver));
        _traffic.Arrived.Sort();
        Assert.Equal([0u, 1, 4, 5, 6, 7], _traffic.Arrived);
        Assert.Equal(0, _traffic.Refused);
    }

    [SkippableFact]
    public void ABurstOfGroupPacketsKeepsItsOrderAndItsPath()
    {
        var group = Group();
        Receiver.JoinGroup(group);
        SendTo(group, 40);
        Assert.True(Receiver.WaitForTraffic(-1, orSendReady: false));
        var pulled = new PacketBurst?[1];
        Assert.Equal(1, Receiver.Receive(pulled));
        Receiver.Codec.Decode(pulled[0]!);
        Assert.Equal((Sender.Description.Gids[^1], group), (pulled[0]!.Path.Source, pulled[0]!.Path.Destination));
        var first = pulled[0]!.Count;
        Assert.All(pulled[0]!.Packets.Take(first), p => Assert.Equal(DropReason.None, p.Drop));
        Assert.DoesNotContain(pulled[0]!.Packets.Take(first), p => p.Icrc == IcrcStatus.Invalid);
        pulled[0]!.Release();
        _traffic.Collect(Receiver, 40 - first);
        Assert.Equal(Enumerable.Range(first, 40 - first).Select(n => (uint)n), _traffic.Arrived);
    }

    [SkippableFact]
    public async Task AParkedDriverIsWokenByAGroup()
    {
        var group = Group();
        Receiver.JoinGroup(group);
        var parked = Park();
        SendTo(group, 1);
        Assert.True(await parked);
        _traffic.Collect(Receiver, 1);
    }

    [SkippableFact]
    public void ClosingAMemberEndsItsMembership()
    {
        Skip.If(IsAlone, "one back-end cannot send after it was closed");
        var group = Group();
        Receiver.JoinGroup(group);
        Receiver.Dispose();
        var lost = Sender.Counters.Dropped(DropReason.NoRoute);
        SendTo(group, 3);
        if (Sender.Description.Type == "mem")
            Assert.Equal(lost + 3, Sender.Counters.Dropped(DropReason.NoRoute));
    }

    /// <summary>A fresh group that the medium can reach; some machines have no multicast route on their loopback interface.</summary>
    private UInt128 Group()
    {
        Assert.True(Receiver.Description.Capabilities.HasFlag(BackendCapabilities.Multicast));
        Skip.If(_traffic.IsLocal, "multicast packets always carry a GRH (R-BE-51)");
        var group = TestGroup.Like(_pair.Destination);
        if (Receiver.Description.Type == "mem")
            return group;
        var probe = new TestTraffic(_seed);
        TestTraffic.SendAll(Sender, probe.BuildEqual(Sender, group, 1, 1));
        Skip.If(Sender.Counters.Dropped(DropReason.NoRoute) > 0, "the loopback interface has no IPv6 multicast route");
        return group;
    }

    private void SendTo(UInt128 group, int count)
    {
        var burst = _traffic.BuildEqual(Sender, group, count, 500);
        if (Sender.Description.LinkType == LinkType.InfiniBand)
            burst.Path = burst.Path with { DestinationLid = MulticastLid };
        Send(burst);
    }
}
