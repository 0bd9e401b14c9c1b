using RdmaPipeline;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using Xunit;

public class FirewallTests
{
    [Fact]
    public void TheFirewallIsAGoodStage() => StageConformance.Check(() => new Firewall(number => number % 2 == 0));

    [Fact]
    public void OnlyAllowedQueuePairsAreReached()
    {
        uint allowed = 0;
        var guarded = new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(StageNames.Decode, shard => new Firewall(number => number == allowed)),
        };
        using var client = RdmaPipelineDevice.Open("mem://firewall/client");
        using var server = RdmaPipelineDevice.Open("mem://firewall/server", guarded);
        using var good = new Conversation(client, server);
        using var bad = new Conversation(client, server);
        allowed = good.ServerQueuePair;

        Assert.Equal(WorkCompletionStatus.Success, good.Write("let in"));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, bad.Write("kept out"));
        Assert.Equal("let in", good.Received);
        Assert.NotEqual(0, server.GetPipeline().DroppedPackets["unknown_qp"]);
    }
}
