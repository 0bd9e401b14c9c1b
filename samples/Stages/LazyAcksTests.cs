using RdmaPipeline;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using Xunit;

public class LazyAcksTests
{
    [Fact]
    public void TheyAreAGoodStage() => StageConformance.Check(() => new LazyAcks(TimeSpan.FromMicroseconds(50)));

    [Fact]
    public void EveryWriteIsAcknowledgedAllTheSame()
    {
        var acks = new LazyAcks(TimeSpan.FromMicroseconds(50));
        var lazy = new DeviceOptions { Graph = graph => graph.Insert(StageNames.AckGenerator, StageNames.Encode, shard => acks) };
        using var client = RdmaPipelineDevice.Open("mem://lazy/client");
        using var server = RdmaPipelineDevice.Open("mem://lazy/server", lazy);
        using var conversation = new Conversation(client, server);
        for (int i = 0; i < 100; i++)
            Assert.Equal(WorkCompletionStatus.Success, conversation.Write($"message {i}"));
        Assert.Equal("message 99", conversation.Received);
    }
}
