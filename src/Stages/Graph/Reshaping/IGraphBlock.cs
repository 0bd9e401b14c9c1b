using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>
/// What a change of the graph takes out or puts in as a whole: the block of one stage, or a fused shard. On its shard only.
/// </summary>
internal interface IGraphBlock : IDataflowBlock
{
    string Name { get; }

    ShardScheduler Scheduler { get; }

    /// <summary>Nothing of the graph is in it; what its stages keep for a while is not the block's.</summary>
    bool IsEmpty { get; }

    /// <summary>
    /// Its pumps make nothing more; what is inside goes on, and what its stages hold as far as they are told to give it out.
    /// </summary>
    void Rest();

    /// <summary>Its pumps go on.</summary>
    void GoOn();

    /// <summary>Asks at the end of every turn, the next one included, until the answer is yes; null asks nobody any more.</summary>
    void Watch(DrainWatch? watch);

    /// <summary>Completes it, empty as it is, without a word to the graph: it is no part of it any more.</summary>
    void Retire();
}
