namespace RdmaPipeline.Graph;

/// <summary>A running graph: its hosts and edges by name, its end, its description with live counters.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed class StageGraph<T> : IDisposable
    where T : class, IBurst
{
    /// <summary>Validates a description and builds the graph, which runs at once.</summary>
    /// <exception cref="StageGraphException">The description has errors; all of them are listed.</exception>
    public static StageGraph<T> Build(StageGraphSpec<T> spec, StageGraphOptions options) => throw new NotImplementedException();

    /// <summary>The description it was built from.</summary>
    public StageGraphSpec<T> Spec => throw new NotImplementedException();

    /// <summary>The number of the description: 1 when built, one more with every change.</summary>
    public long Revision => throw new NotImplementedException();

    /// <summary>The hosts of all stages, in the order of the description.</summary>
    public IReadOnlyList<IStageHost<T>> Stages => throw new NotImplementedException();

    /// <summary>All data edges, in the order of the description.</summary>
    public IReadOnlyList<Edge<T>> Edges => throw new NotImplementedException();

    /// <summary>The host of a stage.</summary>
    /// <exception cref="ArgumentException">The graph has no such stage.</exception>
    public IStageHost<T> this[string stage] => throw new NotImplementedException();

    /// <summary>Completes when every stage has passed on everything; faults with the exception that faulted the graph.</summary>
    public Task Completion => throw new NotImplementedException();

    /// <summary>Any thread: sources stop, and every stage completes when all that lead to it have.</summary>
    public void Complete() => throw new NotImplementedException();

    /// <summary>Any thread: stops the graph and discards, counted, what is in it.</summary>
    public void Fault(Exception exception) => throw new NotImplementedException();

    /// <summary>Any thread: the graph as it is now.</summary>
    public StageGraphDescriptor Describe() => throw new NotImplementedException();

    /// <summary>Stops publishing metrics. Complete or fault the graph before.</summary>
    public void Dispose() => throw new NotImplementedException();
}
