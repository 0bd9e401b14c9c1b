using Microsoft.Extensions.DependencyInjection;
using RdmaPipeline.Hosting.Lifetime;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Page;

/// <summary>What a page shows.</summary>
/// <param name="Devices">The devices of the moment; null: all open ones of the process.</param>
/// <param name="NameOf">The name a device was registered under.</param>
/// <param name="Incidents">What went wrong lately; null where nobody watches.</param>
/// <param name="ProcessName">What the process is called; null where it has no host.</param>
internal sealed record PageSource(
    Func<IReadOnlyList<RdmaDevice>>? Devices, Func<RdmaDevice, string?>? NameOf, IncidentLog? Incidents, string? ProcessName = null)
{
    /// <summary>The devices that were registered as services, if any were.</summary>
    public static PageSource Of(IServiceProvider services)
    {
        var (incidents, name) = (services.GetService<IncidentLog>(), ServiceName.Of(services));
        return services.GetService<RdmaDevices>() is { } registered
            ? new PageSource(() => registered.Opened, registered.NameOf, incidents, name)
            : new PageSource(null, null, incidents, name);
    }

    /// <summary>Begins to look.</summary>
    public PipelineObserver Observe() => new(Incidents, Devices, NameOf, processName: ProcessName);
}
