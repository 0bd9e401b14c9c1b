using Microsoft.Extensions.Diagnostics.HealthChecks;
using RdmaPipeline.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health of the devices to a service's health checks.</summary>
public static class RdmaPipelineHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a <see cref="RdmaPipelineHealthCheck"/> of the devices registered by <c>services.AddRdmaPipeline</c>. A builder of health
    /// checks is no abstraction, so a service without ASP.NET Core says <c>AddCheck&lt;RdmaPipelineHealthCheck&gt;("rdma")</c> itself.
    /// </summary>
    /// <param name="builder">The builder, of <c>services.AddHealthChecks()</c>.</param>
    /// <param name="name">What the check is called; unique among the service's checks.</param>
    /// <param name="failureStatus">What is told where a stage has failed or a device is not open; null: unhealthy.</param>
    /// <param name="tags">By which checks are chosen; null for none.</param>
    /// <param name="timeout">How long it may take; null for no limit. It reads what was looked at before, and waits for nothing.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddRdmaPipeline(
        this IHealthChecksBuilder builder, string name = "rdma", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder.Add(new HealthCheckRegistration(
            name, static services => services.GetRequiredService<RdmaPipelineHealthCheck>(), failureStatus, tags, timeout));
    }
}
