using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>The whole demonstration: two devices on a fabric of this process, every case, and the graph afterwards.</summary>
public sealed class DemoProgram(PipelinePreset preset, bool stat)
{
    // A receive ring that holds the largest READ as a whole: nobody paces its responses, and a busy machine may not run the asking side
    // for a while.
    private const string Options = "icrc=on&ring=2048";

    // So nothing is lost: 2.1 s, that the busy machine does not look like a loss.
    private static readonly ConnectOptions s_patient = new() { Timeout = 19 };

    /// <summary>Runs all cases; <paramref name="progress"/> is told which one completed how many messages.</summary>
    public DemoReport Run(Action<DemoCase, int> progress, CancellationToken cancellation)
    {
        // A name of its own: the fabrics of a process are shared.
        var fabric = $"mem://demo-{Guid.NewGuid():n}";
        using var asking = new DemoEnd($"{fabric}/a?{Options}", preset);
        using var asked = new DemoEnd($"{fabric}/b?{Options}", preset);
        asked.QueuePair.ConnectTo(asking.QueuePair.LocalEndpoint, s_patient);
        asking.QueuePair.ConnectTo(asked.QueuePair.LocalEndpoint, s_patient);
        var runner = new DemoRunner(asking, asked);
        var results = new List<OperationResult>();
        foreach (var what in DemoCase.All)
        {
            cancellation.ThrowIfCancellationRequested();
            results.Add(runner.Run(what, count => progress(what, count)));
        }

        return new DemoReport(results, DemoEdges.Of(asking.Device, asked.Device))
        {
            Stat = stat ? DeviceStatistics.Of(asking.Device, asked.Device) : null,
        };
    }
}
