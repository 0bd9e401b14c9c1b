using RdmaPipeline.Graph.Scheduling;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A seeded sequence of edits of the sample graph: stages put in, taken out and replaced, sizes, hops, ways.</summary>
public sealed class RandomEdits(ulong seed, params HopPolicy[] hops)
{
    private SplitMix _random = new(seed);
    private int _made;

    public StageGraphSpec<TestBurst> Next(StageGraphSpec<TestBurst> spec) => _random.Below(7) switch
    {
        0 or 1 => Insert(spec),
        2 => Remove(spec),
        3 => Replace(spec),
        4 => spec.Resize(Pick(spec.Stages.Where(s => !s.Inputs.IsEmpty)).Name, 1 + _random.Below(6)),
        5 => hops.Length == 0 ? Insert(spec) : spec with { Hop = hops[_random.Below(hops.Length)] },
        _ => Remove(Insert(spec)),
    };

    private StageGraphSpec<TestBurst> Insert(StageGraphSpec<TestBurst> spec)
    {
        EdgeSpec edge = Pick(spec.Edges);
        string name = $"extra{_made++}";
        return spec.Insert(name, () => new TestStage(name), edge.From, edge.Port);
    }

    private StageGraphSpec<TestBurst> Remove(StageGraphSpec<TestBurst> spec)
    {
        StageSpec<TestBurst>[] extras = [.. spec.Stages.Where(s => s.Name.StartsWith("extra", StringComparison.Ordinal))];
        return extras.Length == 0 ? Insert(spec) : spec.Remove(Pick(extras).Name);
    }

    private StageGraphSpec<TestBurst> Replace(StageGraphSpec<TestBurst> spec)
    {
        StageSpec<TestBurst> stage = Pick(spec.Stages.Where(s => s.Factory() is TestStage));
        return spec.Replace(stage.Name, () => stage.Factory());
    }

    private TItem Pick<TItem>(IEnumerable<TItem> items)
    {
        TItem[] all = [.. items];
        return all[_random.Below(all.Length)];
    }
}
