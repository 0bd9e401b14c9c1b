using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Conformance;

public abstract class StageBlockConformance(HopPolicy hop, ShardDriverKind kind) : PropagatorConformance
{
    private readonly TestShard _shard = new(kind);
    private readonly BlockFactory _factory = new((_, _) => { });

    protected override IPropagatorBlock<TestBurst, TestBurst> Create(int capacity) => _factory.Create(
        new TestStage("pass"), new StageBlockOptions { Scheduler = _shard.Scheduler, Capacity = capacity, Hop = hop });

    protected override void Dispose(bool disposing) => _shard.Dispose();
}

public sealed class InlineStageBlockConformance() : StageBlockConformance(HopPolicy.Inline, ShardDriverKind.Dedicated);

public sealed class QueuedStageBlockConformance() : StageBlockConformance(HopPolicy.Queued, ShardDriverKind.Dedicated);

public sealed class HybridStageBlockConformance() : StageBlockConformance(HopPolicy.Inline, ShardDriverKind.Hybrid);

public sealed class PollingStageBlockConformance() : StageBlockConformance(HopPolicy.Queued, ShardDriverKind.Polling);

public abstract class StageBlockSinkConformance(HopPolicy hop) : TargetConformance
{
    private readonly TestShard _shard = new();
    private readonly BlockFactory _factory = new((_, _) => { });

    protected override ITargetBlock<TestBurst> Create(int capacity, Action<TestBurst> sink) => _factory.Create(
        new TestSink(arrived: sink), new StageBlockOptions { Scheduler = _shard.Scheduler, Capacity = capacity, Hop = hop });

    protected override void Dispose(bool disposing) => _shard.Dispose();
}

public sealed class InlineSinkConformance() : StageBlockSinkConformance(HopPolicy.Inline);

public sealed class QueuedSinkConformance() : StageBlockSinkConformance(HopPolicy.Queued);
