using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Reshaping;

/// <summary>A change that has begun and does not go on until the left sink takes something again.</summary>
internal static class BlockedChange
{
    public static Task<GraphRevision> Begin(SeededWorld<TestBurst> world, SampleGraph sample)
    {
        sample.LeftSink.Block();
        sample.Feed(30);
        world.Run();
        Task<GraphRevision> change = world.Graph.ReconfigureAsync(s => s.Replace("left", () => new TestStage("left")));
        world.Run();
        Assert.False(change.IsCompleted);
        return change;
    }
}
