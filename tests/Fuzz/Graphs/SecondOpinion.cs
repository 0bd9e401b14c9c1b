using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Whether a description can be built, asked in another way than the library does: with counts, and by taking ends away.</summary>
internal static class SecondOpinion
{
    public static bool CanBeBuilt(StageGraphSpec<TestBurst> spec, IReadOnlyCollection<int> shards) =>
        AreStagesSound(spec) && AreEdgesSound(spec) && AreDoorbellsSound(spec) && IsWithoutCycle(spec) && AreShardsSound(spec, shards)
        && DoFactoriesKeepTheirWord(spec);

    /// <summary>Whether a running graph can become what a description says.</summary>
    public static bool CanBecome(
        StageGraphSpec<TestBurst> running, StageGraphSpec<TestBurst> wanted, IReadOnlyCollection<int> shards) =>
        wanted.Name == running.Name && AreDriversSound(running, wanted) && CanBeBuilt(wanted, shards);

    private static bool AreDriversSound(StageGraphSpec<TestBurst> running, StageGraphSpec<TestBurst> wanted) =>
        wanted.Drivers.Keys.SequenceEqual(running.Drivers.Keys)
        && wanted.Drivers.All(driver => running.Drivers[driver.Key] is var now
            && (now == driver.Value || (now != ShardDriverKind.Seeded && driver.Value != ShardDriverKind.Seeded)));

    private static bool AreStagesSound(StageGraphSpec<TestBurst> spec)
    {
        if (string.IsNullOrWhiteSpace(spec.Name) || spec.Stages.Length == 0 || spec.EditErrors.Length != 0) return false;
        var names = new HashSet<string>();
        foreach (var stage in spec.Stages)
        {
            if (stage.Factory is null || stage.Capacity is < 1 or > StageBlockOptions.MaxCapacity) return false;
            if (string.IsNullOrWhiteSpace(stage.Name) || !names.Add(stage.Name)) return false;
            if (stage.Inputs.ToHashSet().Count != stage.Inputs.Length) return false;
            if (stage.Outputs.ToHashSet().Count != stage.Outputs.Length) return false;
        }

        return true;
    }

    private static bool AreEdgesSound(StageGraphSpec<TestBurst> spec)
    {
        var outputs = spec.Stages.SelectMany(stage => stage.Outputs.Select(port => (stage.Name, port))).ToHashSet();
        var inputs = spec.Stages.SelectMany(stage => stage.Inputs.Select(port => (stage.Name, port))).ToHashSet();
        var (freeOutputs, freeInputs) = (outputs.ToHashSet(), inputs.ToHashSet());
        foreach (var edge in spec.Edges)
        {
            if (edge.Capacity is < 1 or > StageBlockOptions.MaxCapacity) return false;
            if (!freeOutputs.Remove((edge.From, edge.Port)) || !inputs.Contains((edge.To, edge.ToPort))) return false;
            freeInputs.Remove((edge.To, edge.ToPort));
        }

        return freeOutputs.Count == 0 && freeInputs.Count == 0;
    }

    private static bool AreDoorbellsSound(StageGraphSpec<TestBurst> spec)
    {
        var names = spec.Stages.Select(stage => stage.Name).ToHashSet();
        var woken = new Dictionary<Doorbell, string>();
        foreach (var bell in spec.Doorbells)
        {
            if (bell.Doorbell is null || !names.Contains(bell.To) || (bell.From is not null && !names.Contains(bell.From))) return false;
            if (!woken.TryAdd(bell.Doorbell, bell.To) && woken[bell.Doorbell] != bell.To) return false;
        }

        return true;
    }

    // Stages to which nothing leads are taken away until none is left, or only circles are.
    private static bool IsWithoutCycle(StageGraphSpec<TestBurst> spec)
    {
        var left = spec.Stages.Select(stage => stage.Name).ToHashSet();
        var ways = spec.Edges.Select(edge => (edge.From, edge.To))
            .Concat(spec.Doorbells.Where(bell => bell.From is not null).Select(bell => (From: bell.From!, bell.To))).ToList();
        while (left.Count != 0)
        {
            var free = left.Where(name => !ways.Any(way => way.To == name && left.Contains(way.From))).ToList();
            if (free.Count == 0) return false;
            left.ExceptWith(free);
        }

        return true;
    }

    private static bool AreShardsSound(StageGraphSpec<TestBurst> spec, IReadOnlyCollection<int> shards)
    {
        var fused = spec.Stages.Where(IsFused).Select(stage => stage.Shard).ToHashSet();
        var shardOf = spec.Stages.ToDictionary(stage => stage.Name, stage => stage.Shard);
        return spec.Stages.All(stage => shards.Contains(stage.Shard) && (IsFused(stage) || !fused.Contains(stage.Shard)))
            && spec.Edges.All(edge => shardOf[edge.From] == shardOf[edge.To]
                || (!fused.Contains(shardOf[edge.From]) && !fused.Contains(shardOf[edge.To])));

        bool IsFused(StageSpec<TestBurst> stage) => (stage.Hop ?? spec.Hop) == HopPolicy.Fused;
    }

    private static bool DoFactoriesKeepTheirWord(StageGraphSpec<TestBurst> spec)
    {
        foreach (var stage in spec.Stages)
        {
            IStage<TestBurst>? made;
            try
            {
                made = stage.Factory();
            }
            catch (InvalidOperationException)
            {
                return false;
            }

            (made as IDisposable)?.Dispose();
            var needsPump = stage.Inputs.Length == 0 || spec.Doorbells.Any(bell => bell.To == stage.Name);
            if (made is null || !made.Outputs.SequenceEqual(stage.Outputs)) return false;
            if (needsPump && made is not IPumpStage<TestBurst>) return false;
        }

        return true;
    }
}
