using OpenTelemetry;
using RdmaPipeline.OpenTelemetry;
using RdmaPipeline.Samples.Service;
using RdmaPipeline.Transport;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.AddRdmaPipeline(rdma => rdma
    .AddDevice("front", "mem://service/front", options => options with { EdgeCapacity = 32 })    // or "udp://192.0.2.1"
    .UseGraph("front", graph => graph.InsertAfter(StageNames.Decode, shard => new LargestPacket()))
    .Bind(builder.Configuration.GetSection("RdmaPipeline")));                                    // device "back", and the rest
builder.Services.AddHealthChecks().AddRdmaPipeline();
builder.Services.AddOpenTelemetry()
    .WithTracing(traces => traces.AddRdmaPipelineInstrumentation())
    .WithMetrics(metrics => metrics.AddRdmaPipelineInstrumentation())
    .UseOtlpExporter();                                                                          // to OTEL_EXPORTER_OTLP_ENDPOINT
builder.Services.AddHostedService<EchoServer>();
builder.Services.AddHostedService<EchoClient>();

var app = builder.Build();
app.MapHealthChecks("/health");
app.MapLivePage();
await app.RunAsync();
