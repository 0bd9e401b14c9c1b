using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Control;

/// <summary>What a control socket shows beside the open devices.</summary>
public sealed record ControlServerOptions
{
    /// <summary>Where somebody puts down what goes wrong; null: the server looks itself, once a second.</summary>
    public IncidentLog? Incidents { get; init; }

    /// <summary>The name a device was registered under; null: none has one.</summary>
    public Func<RdmaDevice, string?>? ServiceOf { get; init; }

    /// <summary>What the process is called; null: as <see cref="PipelineObserver"/> does.</summary>
    public string? ProcessName { get; init; }

    /// <summary>How long a client may say nothing, or take nothing, before it is turned away: more than 0.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);
}
