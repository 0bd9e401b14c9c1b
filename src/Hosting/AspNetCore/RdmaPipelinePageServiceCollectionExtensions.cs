using Microsoft.Extensions.Hosting;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Page;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the live page to a service that has no web server.</summary>
public static class RdmaPipelinePageServiceCollectionExtensions
{
    /// <summary>
    /// Serves the live page of the devices registered by <c>AddRdmaPipeline</c> on a small web server of its own, on 127.0.0.1; with
    /// <see cref="RdmaPipelinePageOptions.AllowRemote"/> on all addresses. The address is logged.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="port">The port, 0 to 65535; 0: any that is free.</param>
    /// <param name="configure">Changes the options; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddRdmaPipelinePage(
        this IServiceCollection services, int port = 0, Action<RdmaPipelinePageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<PageService>(
            provider, new PageSettings(port, configure)));
    }
}
