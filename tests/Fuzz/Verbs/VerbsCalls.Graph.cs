using RdmaPipeline.Backends.Packets;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <content>Changes of a device's graph while it works, and looks at what it counts.</content>
internal static partial class VerbsCalls
{
    private const int MostStages = 40;

    private static readonly string[] Names =
    [
        StageNames.Receive, StageNames.Decode, StageNames.Dispatch, StageNames.Requester, StageNames.Completer, StageNames.Responder,
        StageNames.AckGenerator, StageNames.Encode, StageNames.Send, "extra_0", "extra_1", "nothing",
    ];

    private static void Reshape(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pipeline = side.Device.GetPipeline();
        var (before, revision, attempts) = (pipeline.Spec, pipeline.Describe().Revision, pipeline.Revisions[^1].Number);
        var edit = ChooseEdit(ref choices);
        using var cancel = new CancellationTokenSource();
        var asked = choices.OneIn(6)
            ? pipeline.RollbackAsync(choices.OneIn(2) ? choices.Below(8) : null, Timeout.InfiniteTimeSpan, cancel.Token)
            : pipeline.ReconfigureAsync(edit, Timeout.InfiniteTimeSpan, cancel.Token);
        if (choices.OneIn(3))
        {
            bench.Run(choices.Below(64));
            cancel.Cancel();
        }

        bench.Await(asked);
        var (now, last) = (pipeline.Spec, pipeline.Revisions[^1]);
        var isChanged = asked.IsCompletedSuccessfully && asked.Result.Number > attempts;
        if (isChanged ? asked.Result.Number != pipeline.Describe().Revision : now != before || revision != pipeline.Describe().Revision)
            throw new FuzzFailureException($"after revision {revision} the graph is at {pipeline.Describe().Revision}: {last}");
        if (last.Number - attempts is not (0 or 1))
            throw new FuzzFailureException($"one attempt is counted from {attempts} to {last.Number}");
        bench.Note(asked, cancel.IsCancellationRequested);
    }

    private static void Look(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pipeline = side.Device.GetPipeline();
        long[] counts = [.. pipeline.HardwareCounters.Values, .. pipeline.AdapterCounters.Values, .. pipeline.DroppedPackets.Values];
        if (counts.Any(count => count < 0) || pipeline.PendingSends < 0) throw new FuzzFailureException("something was counted below 0");
        var living = side.Pairs.Living.Select(pair => pair.Number).ToHashSet();
        if (!living.IsSubsetOf(pipeline.QueuePairs.Select(pair => pair.Number)))
            throw new FuzzFailureException("a queue pair that lives is not among those of the pipeline");
        pipeline.Describe().ToJson();
    }

    private static Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> ChooseEdit(ref RecordReader choices)
    {
        var (kind, from, to) = (choices.Below(12), Names[choices.Below(Names.Length)], Names[choices.Below(Names.Length)]);
        var (name, size, make) = (choices.OneIn(4) ? null : $"extra_{choices.Below(2)}", choices.Byte(), Maker(ref choices));
        return kind switch
        {
            0 or 1 => graph => Grow(graph, () => graph.InsertAfter(from, make, name)),
            2 or 3 => graph => Grow(graph, () => graph.InsertBefore(to, make, name)),
            4 => graph => Grow(graph, () => graph.Insert(from, to, make, name)),
            5 or 6 => graph => graph.Remove(from),
            7 => graph => Replace(graph, from),
            8 => graph => graph.Resize(from, size % 9),
            9 => graph => graph with { Hop = (HopPolicy)(size % 3) },
            10 => graph => size < 128 ? graph.WithPreset((PipelinePreset)(size % 7)) : graph.Drive(size % 3, (ShardDriverKind)(size % 5)),
            _ => graph => graph.Reroute(from, to),
        };
    }

    private static StageGraphSpec<PacketBurst> Grow(StageGraphSpec<PacketBurst> graph, Func<StageGraphSpec<PacketBurst>> insert) =>
        graph.Stages.Length < MostStages ? insert() : graph;

    private static StageGraphSpec<PacketBurst> Replace(StageGraphSpec<PacketBurst> graph, string name)
    {
        var factory = graph.Find(name)?.Factory ?? throw new ArgumentException($"There is no stage '{name}'.", nameof(name));
        return graph.Replace(name, () => factory());
    }

    private static Func<int, PacketStage> Maker(ref RecordReader choices)
    {
        var (kind, rate, seed) = (choices.Below(7), choices.Between(2, 9), choices.Byte());
        return kind switch
        {
            0 => _ => new OpcodeCounterStage(),
            1 => _ => new EcnMarkerStage(PacketChoice.OneIn(rate)),
            2 => _ => new DuplicateDetectorStage(16, drop: rate > 6),
            3 => _ => new DelayStage(TimeSpan.FromMicroseconds(rate), TimeSpan.FromMicroseconds(rate), seed, 8),
            4 => _ => new RateLimiterStage(new RateLimit { PacketsPerSecond = 100_000 * rate, BurstPackets = rate }),
            5 => _ => new FaultStage(new PacketFaults
            {
                Seed = seed, Drop = PacketChoice.OneIn(16 * rate), Duplicate = PacketChoice.OneIn(rate), Delay = PacketChoice.ByHash(rate),
                DelayTime = TimeSpan.FromMicroseconds(rate), MostDelayed = rate, Corrupt = PacketChoice.Chance(0.02, seed),
            }),
            _ => _ => new EveryOther(rate),
        };
    }

    /// <summary>Lets one packet in so many not pass.</summary>
    private sealed class EveryOther(int each) : FilterStage
    {
        private int _seen;

        protected override DropReason Judge(PacketBurst burst, int index) =>
            ++_seen % (8 * each) == 0 ? DropReason.InjectedFault : DropReason.None;
    }
}
