namespace RdmaPipeline.Graph;

/// <summary>One step of a graph. It runs on its shard only, one call at a time, and keeps no reference to a burst it has let go.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public interface IStage<T>
    where T : class, IBurst
{
    /// <summary>The stage's name, unique in its graph.</summary>
    string Name { get; }

    /// <summary>The names of the output ports; empty for a sink.</summary>
    IReadOnlyList<string> Outputs { get; }

    /// <summary>
    /// Called when the stage's block is made and before anything else. Called again, with the new block, when a change of the graph moves
    /// the stage to another block: on the shard, with nothing of the graph in the stage.
    /// </summary>
    void Attach(IStageContext<T> context);

    /// <summary>
    /// Takes a burst over. The stage emits it, or accounts each item (ended, dropped) and releases it, or defers it.
    /// An exception is a bug: it faults the graph.
    /// </summary>
    void Process(T burst);
}
