using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Conformance;

/// <summary>The suite's own proof: the stock blocks pass it.</summary>
public sealed class TransformBlockConformance : PropagatorConformance
{
    protected override IPropagatorBlock<TestBurst, TestBurst> Create(int capacity) =>
        new TransformBlock<TestBurst, TestBurst>(b => b, new ExecutionDataflowBlockOptions { BoundedCapacity = capacity });
}

public sealed class BufferBlockConformance : PropagatorConformance
{
    protected override IPropagatorBlock<TestBurst, TestBurst> Create(int capacity) =>
        new BufferBlock<TestBurst>(new DataflowBlockOptions { BoundedCapacity = capacity });
}

public sealed class ActionBlockConformance : TargetConformance
{
    protected override ITargetBlock<TestBurst> Create(int capacity, Action<TestBurst> sink) =>
        new ActionBlock<TestBurst>(sink, new ExecutionDataflowBlockOptions { BoundedCapacity = capacity });
}

/// <summary>Stock blocks run on a shard's scheduler too.</summary>
public sealed class TransformBlockOnShardConformance : PropagatorConformance
{
    private readonly TestShard _shard = new();

    protected override IPropagatorBlock<TestBurst, TestBurst> Create(int capacity) => new TransformBlock<TestBurst, TestBurst>(
        b => b, new ExecutionDataflowBlockOptions { BoundedCapacity = capacity, TaskScheduler = _shard.Scheduler });

    protected override void Dispose(bool disposing) => _shard.Dispose();
}
