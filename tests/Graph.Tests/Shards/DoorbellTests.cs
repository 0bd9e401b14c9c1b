using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Shards;

public sealed class DoorbellTests
{
    [Fact]
    public void Tokens_come_in_order_and_a_full_doorbell_refuses_counted()
    {
        var bell = new Doorbell(2);
        Assert.True(bell.Ring(7));
        Assert.True(bell.Ring(8));
        Assert.False(bell.Ring(9));
        Assert.Equal((2, 2L, 1L), (bell.Count, bell.Rung, bell.Refused));
        Assert.True(bell.TryTake(out uint first));
        Assert.True(bell.TryTake(out uint second));
        Assert.False(bell.TryTake(out _));
        Assert.Equal((7u, 8u), (first, second));
        Assert.Equal(2, bell.Taken);
    }

    [Fact]
    public void Tokens_rung_before_the_graph_was_built_are_not_forgotten()
    {
        var sample = new SampleGraph();
        sample.Feed(10);
        using var world = new SeededWorld<TestBurst>(sample.Spec, 1);
        world.Run();
        sample.AssertAllArrived(10);
    }
}
