using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using RdmaPipeline.OpenTelemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>A service that shows this process' metrics to Prometheus, on loopback.</summary>
internal sealed class MetricsPage : IAsyncDisposable
{
    private readonly WebApplication _service;

    public MetricsPage()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddRdmaPipelineInstrumentation()
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 0));
        _service = builder.Build();
        _service.Urls.Add("http://127.0.0.1:0");
        _service.MapPrometheusScrapingEndpoint();
        _service.StartAsync().GetAwaiter().GetResult();
        var addresses = _service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = new Uri(new Uri(addresses.Single()), "metrics");
    }

    public Uri Address { get; }

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}
