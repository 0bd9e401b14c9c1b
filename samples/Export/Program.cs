using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Samples.Export;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRdmaPipeline(rdma => rdma
    .AddDevice("writer", "mem://export/writer")                             // or "udp://192.0.2.1"
    .AddDevice("memory", "mem://export/memory"));
builder.Services.AddHostedService<SteadyWrites>();                          // something to see

builder.Services.AddOpenTelemetry()
    .WithTracing(traces => traces.AddRdmaPipelineInstrumentation())
    .WithMetrics(metrics => metrics
        .AddRdmaPipelineInstrumentation()
        .SetExemplarFilter(ExemplarFilterType.TraceBased)                   // from a slow bucket to the trace of one that was slow
        .AddPrometheusExporter())
    .UseOtlpExporter();                                                     // OTEL_EXPORTER_OTLP_ENDPOINT says where to

var service = builder.Build();
service.MapPrometheusScrapingEndpoint();                                    // GET /metrics
service.Run();
