using System.Security.Cryptography;
using RdmaPipeline;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;
using Xunit;

public class SealTests
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void SealingIsAGoodStage() => StageConformance.Check(
        () => new Seal(_key, 1), new StageConformanceOptions { States = [BurstStage.Unencoded, BurstStage.Encoded] });

    [Fact] // The kit's packets are not sealed, and what is not costs an exception: that is all that allocates.
    public void OpeningIsAGoodStage() => Assert.All(
        StageConformance.Find(() => new Unseal(_key), new StageConformanceOptions { States = [BurstStage.Decoded] }),
        failure => Assert.Equal(StageAspect.Allocation, failure.Aspect));

    [Fact]
    public void WritesAndReadsAreSealedOnTheWireAndPlainAtBothEnds()
    {
        const string secret = "nobody on the way reads this";
        var wire = new WireWatch(System.Text.Encoding.UTF8.GetBytes(secret));
        using var client = RdmaPipelineDevice.Open("mem://seal/client?icrc=on", Sealed(device: 0, wire));
        using var server = RdmaPipelineDevice.Open("mem://seal/server?icrc=on", Sealed(device: 1, wire));
        using var conversation = new Conversation(client, server);
        Assert.Equal(WorkCompletionStatus.Success, conversation.Write(secret));
        Assert.Equal(secret, conversation.Received);
        Assert.Equal(secret, conversation.Read(secret.Length));
        var long_ = string.Concat(Enumerable.Repeat(secret, 2000));
        Assert.Equal(WorkCompletionStatus.Success, conversation.Write(long_));
        Assert.Equal(long_, conversation.Received);
        Assert.NotEqual(0, wire.Packets);
        Assert.Equal(0, wire.Found);
        Assert.Equal(0, server.GetPipeline().DroppedPackets["icrc_mismatch"]);
    }

    [Fact]
    public void WhoDoesNotKnowTheKeyIsNotHeard()
    {
        using var stranger = RdmaPipelineDevice.Open("mem://stranger/client?icrc=on");
        using var server = RdmaPipelineDevice.Open("mem://stranger/server?icrc=on", Sealed(device: 1, new WireWatch([1])));
        using var conversation = new Conversation(stranger, server);
        Assert.Equal(WorkCompletionStatus.RetryExceededError, conversation.Write("in plain"));
        Assert.NotEqual(0, server.GetPipeline().DroppedPackets["bad_transport"]);
    }

    // Four stages of a device pair seal with one key: each has a number of its own.
    private DeviceOptions Sealed(uint device, WireWatch wire) => new()
    {
        Graph = graph => graph
            .Insert(StageNames.Requester, StageNames.Encode, shard => new Seal(_key, 4 * (uint)shard + 2 * device), "seal_requests")
            .Insert(StageNames.AckGenerator, StageNames.Encode, shard => new Seal(_key, 4 * (uint)shard + 2 * device + 1), "seal_responses")
            .InsertBefore(StageNames.Send, shard => wire)
            .InsertAfter(StageNames.Decode, shard => new Unseal(_key)),
    };

    private sealed class WireWatch(byte[] secret) : PacketStage
    {
        public int Packets { get; private set; }

        public int Found { get; private set; }

        protected override void Process(ref PacketBurst burst)
        {
            Packets += burst.Count;
            for (int i = 0; i < burst.Count; i++)
            {
                if (Header(burst, i).IndexOf(secret) >= 0)
                    Found++;
            }
        }
    }
}
