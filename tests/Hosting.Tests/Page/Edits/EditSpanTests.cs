using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Page.Edits;

/// <summary>A change by way of the page is told as a span, whether the application traces its requests or not.</summary>
[Collection(DeviceCollection.Name)]
public sealed class EditSpanTests
{
    private const string Requests = "Microsoft.AspNetCore";

    // An application that logs gives each request an activity; one that nobody listens to is not recorded.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AChangeIsASpanOfItsRequestOrOfItsOwn(bool tracesRequests)
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = Listen(tracesRequests, ended.Enqueue);
        await using var app = await StartAsync();
        using var client = new EditClient(new Uri(new Uri(app.Urls.First()), "/rdma/"));
        await client.ReadTokenAsync();
        var device = app.Services.GetRequiredKeyedService<RdmaDevice>("left");
        var (status, answer) = await client.PostAsync(device, new() { ["action"] = "Insert", ["stage"] = "delay", ["from"] = "encode" });
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        await app.StopAsync();

        var change = Assert.Single(ended, activity => activity.OperationName == SpanNames.GraphReconfigure);
        Assert.Equal(tracesRequests, change.ParentSpanId != default);
        Assert.Equal(tracesRequests, ended.Any(activity => activity.SpanId == change.ParentSpanId));
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.AddProvider(new RecordedLog());
        builder.Services.AddRoutingCore();
        builder.Services.AddRdmaPipeline(rdma => rdma.AddDevice("left", TestHost.Address("a")));
        var app = builder.Build();
        app.MapRdmaPipeline("/rdma", options => options.AllowReconfiguration = true);
        await app.StartAsync();
        return app;
    }

    // As the sampler of OpenTelemetry that nobody changed: all of what begins a trace, and what belongs to something recorded.
    private static ActivityListener Listen(bool requests, Action<Activity> ended)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName || (requests && source.Name == Requests),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent == default || options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = ended,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
