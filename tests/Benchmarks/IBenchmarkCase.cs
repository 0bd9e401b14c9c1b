namespace RdmaPipeline.Benchmarks;

/// <summary>One contender: set up once, sampled in turn with the others, torn down at the end.</summary>
internal interface IBenchmarkCase : IDisposable
{
    string Name { get; }

    Workload Workload { get; }

    /// <summary>Moves data for about the given time and tells what happened in it.</summary>
    Sample Run(TimeSpan duration);
}
