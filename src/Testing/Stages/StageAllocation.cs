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
        var faulted = false;
        using var graph = new StageGraphBuilder<PacketBurst>("kit")
            .Source(feed.Name, () => feed).Stage(StageBench.Probe, make).Sink("sink", () => new StageDrain())
            .Edge(feed.Name, StageBench.Probe).Edge(StageBench.Probe, "sink")
            .Build(new StageGraphOptions
            {
                Shards = [new ShardAssignment(0, scheduler) { Services = clock }], Faulted = (_, _) => faulted = true,
            });
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
                // Until nothing is left to do, not even by waiting; one that never rests was found out before.
                for (var rounds = MostRounds; rounds > 0; rounds--)
                {
                    if (scheduler.RunQueue(QueueBudget) == 0 && !clock.AdvanceToNext(long.MaxValue - 1))
                        break;
                }
            }

            scheduler.Exit();
        }

        Play(WarmUp);
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Play(Measured);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        if (least > 0 && !faulted)
        {
            failures.Add(StageAspect.Allocation,
                "It allocates in the steady state: make buffers in the constructor, rent bursts from Pool, and use no LINQ, closures, boxing"
                + " or strings for a burst.");
        }
    }
}
