using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Fused;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>
/// Makes, names and fault-watches blocks. Nothing else makes one: an unobserved fault in a block is a silently dead graph.
/// </summary>
public sealed class BlockFactory
{
    private readonly BlockEvents _events;

    /// <summary>Makes a factory.</summary>
    /// <param name="faulted">Told, with the block's name, when a block has faulted; on the shard for a stage block.</param>
    public BlockFactory(Action<string, Exception> faulted)
        : this(completed: null, (_, stage, e) => faulted(stage, e)) => ArgumentNullException.ThrowIfNull(faulted);

    internal BlockFactory(Action<string>? completed, Action<string, string, Exception> faulted) =>
        _events = new BlockEvents(completed, faulted);

    /// <summary>Hosts a stage as a block of its own.</summary>
    /// <typeparam name="T">The burst that moves through it.</typeparam>
    /// <param name="stage">The stage; its <see cref="IStage{T}.Attach"/> is called.</param>
    /// <param name="options">Shard, name, capacity (at least 1) and hop policy (inline or queued).</param>
    public StageBlock<T> Create<T>(IStage<T> stage, StageBlockOptions options)
        where T : class, IBurst
    {
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1);
        if (options.Hop is not (HopPolicy.Inline or HopPolicy.Queued))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Hop, "A block of its own is inline or queued.");
        }

        StageBlock<T> block = Make(stage, options, meter: null);
        stage.Attach(block);
        return block;
    }

    /// <summary>Makes the block of a graph's stage; the graph attaches the stage when all is linked.</summary>
    internal StageBlock<T> Make<T>(IStage<T> stage, StageBlockOptions options, StageMeter? meter)
        where T : class, IBurst => new(stage, options, _events, meter);

    /// <summary>Makes the one block in front of a fused shard.</summary>
    internal FusedShard<T> MakeFused<T>(string name, ShardScheduler scheduler)
        where T : class, IBurst => new(name, scheduler, _events);

    /// <summary>Watches a block that was made elsewhere, such as a stock block linked as a tap.</summary>
    /// <param name="block">The block.</param>
    /// <param name="name">Its name in the fault report.</param>
    public void Watch(IDataflowBlock block, string name)
    {
        ArgumentNullException.ThrowIfNull(block);
        block.Completion.ContinueWith(
            task => _events.Faulted(name, name, task.Exception!.GetBaseException()),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
