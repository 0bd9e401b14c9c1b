using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <content>What a received burst tells of the network (R-BE-33).</content>
public abstract partial class BackendConformance
{
    [Fact]
    public void ThePathSaysWhereABurstCameFromAndHow()
    {
        var burst = _traffic.BuildEqual(Sender, _pair.Destination, 3, 64);
        burst.Path = burst.Path with { TrafficClass = 0xB9, HopLimit = 17 };
        Send(burst);
        Receiver.WaitForTraffic(-1, orSendReady: false);
        var pulled = new PacketBurst?[4];
        var bursts = Receiver.Receive(pulled);
        Assert.NotEqual(0, bursts);
        foreach (var received in pulled.AsSpan(0, bursts))
        {
            Receiver.Codec.Decode(received!);
            ExpectPath(received!.Path);
            received.Release();
        }
    }

    private void ExpectPath(FlowPath path)
    {
        Assert.Equal(_traffic.Lids, (path.SourceLid, path.DestinationLid));
        Assert.Equal(!_traffic.IsLocal, path.IsGlobal);
        if (_traffic.IsLocal)
            return;
        Assert.Equal(Sender.Description.Gids[^1], path.Source);
        Assert.Equal(_pair.Destination, path.Destination);
        Assert.Equal(0xB9, path.TrafficClass);
        Assert.Equal(17, path.HopLimit);
        if (Sender.Description.LinkType == LinkType.RoCEv2)
            Assert.InRange(path.SourcePort, 0xC000, 0xFFFF);
    }
}
