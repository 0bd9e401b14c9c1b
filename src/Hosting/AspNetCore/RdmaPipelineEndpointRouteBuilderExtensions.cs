using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RdmaPipeline;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.NodeInfiniband;
using RdmaPipeline.Hosting.Page;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the live page into an application.</summary>
public static class RdmaPipelineEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves the live page of the devices that were registered by <c>AddRdmaPipeline</c>; without it, of all open devices of the process.
    /// Only this machine may see it, unless <see cref="RdmaPipelinePageOptions.AllowRemote"/> says otherwise.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">Where.</param>
    /// <param name="configure">Changes the options; null for the defaults.</param>
    /// <returns>For conditions of one's own, such as <c>RequireAuthorization()</c>.</returns>
    /// <exception cref="ArgumentException">An option is beyond its limits.</exception>
    public static IEndpointConventionBuilder MapRdmaPipeline(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/rdma",
        Action<RdmaPipelinePageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        var options = new RdmaPipelinePageOptions();
        configure?.Invoke(options);
        options.Validate();
        return PageEndpoints.Map(endpoints, pattern, options, PageSource.Of(endpoints.ServiceProvider));
    }

    /// <summary>
    /// Serves the ports of the same devices to Prometheus under the names of its node exporter, <c>node_infiniband_*</c>: dashboards that
    /// were made for adapters show them. Only this machine may ask, unless <see cref="RdmaPipelinePageOptions.AllowRemote"/> says
    /// otherwise.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">Where.</param>
    /// <param name="configure">Changes who may ask; null for the defaults.</param>
    /// <returns>For conditions of one's own, such as <c>RequireAuthorization()</c>.</returns>
    public static IEndpointConventionBuilder MapNodeInfiniband(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/metrics/infiniband",
        Action<RdmaPipelinePageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var options = new RdmaPipelinePageOptions();
        configure?.Invoke(options);
        var devices = PageSource.Of(endpoints.ServiceProvider).Devices ?? (static () => RdmaPipelineDevice.OpenDevices);
        return endpoints.MapGet(pattern, new RequestGuard(options).Admit(context =>
        {
            context.Response.ContentType = NodeInfinibandText.ContentType;
            return context.Response.WriteAsync(NodeInfinibandText.Write(devices()), context.RequestAborted);
        }));
    }
}
