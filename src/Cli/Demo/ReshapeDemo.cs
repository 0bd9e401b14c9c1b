using System.Diagnostics;
using RdmaPipeline.Cli.Export;
using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>
/// Two devices on a fabric of this process exchange RC and UD messages both ways while their graphs are changed at random.
/// </summary>
public sealed class ReshapeDemo(PipelinePreset preset, TimeSpan time, bool stat)
{
    /// <summary>Messages by now, for who watches.</summary>
    public long Messages { get; private set; }

    /// <summary>What went otherwise than it should; nothing, unless there is a defect.</summary>
    public IReadOnlyList<string> Findings { get; private set; } = [];

    /// <summary>Runs for the time, or until it is told to stop: then the report is of what was done by then.</summary>
    public ReshapeReport Run(CancellationToken cancellation)
    {
        var fabric = $"mem://reshape-{Guid.NewGuid():n}";
        var options = new DeviceOptions { Preset = preset, Traces = TracedDevices.UnderLoad };
        using var a = RdmaPipelineDevice.Open($"{fabric}/a?icrc=on", options);
        using var b = RdmaPipelineDevice.Open($"{fabric}/b?icrc=on", options);
        using var load = new TwoWayLoad(a, b, QueuePairType.ReliableConnection, QueuePairType.UnreliableDatagram);
        var run = new ReshapeRun(a, b, load, (ulong)Random.Shared.NextInt64());
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time && run.Findings.Count == 0 && !cancellation.IsCancellationRequested)
            run.EditOnce();

        var pauses = run.Applied.Select(edit => edit.Pause.TotalMilliseconds).Order().ToArray();
        (Messages, Findings) = (load.Figures.Sent, run.Findings);
        return new ReshapeReport(pauses.Length, load.Figures.Lost, load.Figures.Reordered, At(pauses, 50), At(pauses, 99),
            a.GetPipeline().Describe().Revision)
        {
            Stat = stat ? DeviceStatistics.Of(a, b) : null,
        };
    }

    private static double At(double[] sorted, int percent) =>
        sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Length - 1, sorted.Length * percent / 100)], 3);
}
