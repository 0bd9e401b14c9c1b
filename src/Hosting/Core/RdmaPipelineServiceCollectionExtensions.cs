using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Configuration;
using RdmaPipeline.Hosting.Lifetime;
using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Hosting.Snapshots;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds RDMA devices to a service.</summary>
public static class RdmaPipelineServiceCollectionExtensions
{
    /// <summary>
    /// Adds devices that open when the host starts and, when it stops and all other services have, finish what was posted to them and
    /// close. Add their health with <c>AddHealthChecks().AddRdmaPipeline()</c> of the package <c>RdmaPipeline.Hosting.AspNetCore</c>, or
    /// without ASP.NET Core with <c>AddHealthChecks().AddCheck&lt;RdmaPipelineHealthCheck&gt;("rdma")</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Registers devices.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRdmaPipeline(this IServiceCollection services, Action<RdmaPipelineBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<RdmaPipelineOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RdmaPipelineOptions>, PipelineOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RdmaDeviceSettings>, DeviceSettingsValidator>());
        services.TryAddSingleton<RdmaDevices>();
        services.TryAddSingleton<IncidentLog>();
        services.TryAddSingleton(static provider => MonitorOf(provider));
        services.TryAddSingleton(static provider => new RdmaPipelineHealthCheck(
            provider.GetRequiredService<RdmaDevices>(), provider.GetRequiredService<PipelineMonitor>(),
            provider.GetRequiredService<IOptions<RdmaPipelineOptions>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RdmaPipelineService>());
        configure(new RdmaPipelineBuilder(services, DeviceNames.Of(services)));
        return services;
    }

    private static PipelineMonitor MonitorOf(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<RdmaPipelineOptions>>().Value;
        var devices = provider.GetRequiredService<RdmaDevices>();
        var incidents = provider.GetRequiredService<IncidentLog>();
        var clock = provider.GetService<TimeProvider>();
        var observer = new PipelineObserver(incidents, () => devices.Opened, devices.NameOf, clock, ServiceName.Of(provider));
        return new PipelineMonitor(observer, incidents, options.MonitorPeriod, options.BlockedThreshold, clock);
    }
}
