using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>Who has the gate of an edge in hand opens and closes it whatever a change does to the edge meanwhile.</summary>
public sealed class GateTests
{
    public static TheoryData<HopPolicy> Hops => [HopPolicy.Inline, HopPolicy.Queued, HopPolicy.Fused];

    // At every point of the change, also between the making of the new edge and the end of the old one: on another shard others step.
    [Theory]
    [InlineData(HopPolicy.Inline)]
    [InlineData(HopPolicy.Queued)]
    public async Task A_gate_that_is_opened_at_any_step_of_a_change_is_open(HopPolicy hop)
    {
        for (int steps = 0; steps < 40; steps++)
        {
            var sample = new SampleGraph(hop);
            using var world = new SeededWorld<TestBurst>(sample.SpecOnTwoShards, (ulong)steps);
            Edge<TestBurst> edge = world.Graph.EdgeFrom("tail");
            edge.Gate.Close();
            Task<GraphRevision> change = world.Graph.ReconfigureAsync(s => s.Replace("tail", () => new TestStage("tail")));
            world.Step(steps);
            edge.Gate.Open();
            await world.Await(change);
            Assert.False(world.Graph.EdgeFrom("tail").Gate.IsClosed, $"{steps} steps");
            await AssertAllArrive(world, sample, fed: 0);
        }
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task A_gate_works_when_the_exchange_of_its_edge_was_undone(HopPolicy hop)
    {
        var sample = new SampleGraph(hop);
        using var world = new SeededWorld<TestBurst>(
            sample.Spec, 3, step => _ = step == EditStep.Resume ? throw new IOException("not now") : step);
        Edge<TestBurst> edge = world.Graph.EdgeFrom("tail");
        edge.Gate.Close();
        await Assert.ThrowsAsync<StageGraphException>(() => world.Reconfigure(s => s.Replace("tail", () => new TestStage("tail"))));
        sample.Feed(20);
        world.Run();
        Assert.Empty(sample.TailSink.Arrived);
        edge.Gate.Open();
        await AssertAllArrive(world, sample, fed: 20);
    }

    private static async Task AssertAllArrive(SeededWorld<TestBurst> world, SampleGraph sample, int fed)
    {
        sample.Feed(20, from: fed);
        world.Graph.Complete();
        world.Run();
        await world.Graph.Completion.Soon();
        sample.AssertAllArrived(fed + 20);
    }
}
