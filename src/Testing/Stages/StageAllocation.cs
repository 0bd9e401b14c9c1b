using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing;

/// <summary>Measures what a stage allocates on its shard's thread once it is warm.</summary>
internal static class StageAllocation
{
    private const int WarmUp = 500;
    private const int Measured = 300;
    private const int Attempts = 5;
    private const int Templates = 12;
    private const int QueueBudget = 64;
    private const int MostRounds = 20;

    public static void Check(Func<IStage<PacketBurst>> make, BurstStage state, StageFailures failures)
    {
        var scheduler = new ShardScheduler("kit");
        var clock = new StageClock(scheduler, StageTraffic.MakeCodec(segmented: false));
        var feed = new StageFeed();
        using var graph = new StageGraphBuilder<PacketBurst>("kit")
            .Source(feed.Name, () => feed).Stage(StageBench.Probe, make).Sink("sink", () => new StageDrain())
            .Edge(feed.Name, StageBench.Probe).Edge(StageBench.Probe, "sink")
            .Build(new StageGraphOptions { Shards = [new ShardAssignment(0, scheduler) { Services = clock }] });
        var traffic = new StageTraffic(state, segmented: false, seed: 7);
        PacketBurst[] templates = [.. Enumerable.Range(0, Templates).Select(_ => traffic.Make())];
        var next = 0;
        void Play(int bursts)
        {
            scheduler.TryEnter();
            for (; bursts > 0; bursts--)
            {
                var burst = traffic.Pool.Rent();
                templates[next++ % Templates].CopyTo(burst);
                feed.Add(burst);
                graph[feed.Name].Pump();
                Settle(scheduler, clock);
            }

            scheduler.Exit();
        }

        Play(WarmUp);
        if (Measure(Play) > 0 && graph.State == StageGraphState.Running)
        {
            failures.Add(StageAspect.Allocation,
                "It allocates in the steady state: make buffers in the constructor, rent bursts from Pool, and use no LINQ, closures,"
                + " boxing or strings for a burst.");
        }
    }

    // The least of several: the runtime allocates now and then too.
    private static long Measure(Action<int> play)
    {
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            play(Measured);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    // Until nothing is left to do, not even by waiting; a stage that never rests was found out before.
    private static void Settle(ShardScheduler scheduler, StageClock clock)
    {
        for (var rounds = MostRounds; rounds > 0; rounds--)
        {
            if (scheduler.RunQueue(QueueBudget) == 0 && !clock.AdvanceToNext(long.MaxValue - 1))
                return;
        }
    }
}
