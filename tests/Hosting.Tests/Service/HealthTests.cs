using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>Healthy, degraded when blocked or without a port, unhealthy on a faulted stage.</summary>
[Collection(DeviceCollection.Name)]
public sealed class HealthTests
{
    // No wait of these tests takes this long; it turns a hang into a failure.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AHostWithOpenDevicesIsHealthyAndOneThatHasNotOpenedThemIsNot()
    {
        await using var host = new TestHost(b => b.AddDevice("left", TestHost.Address("a")), Checks);
        var before = await CheckAsync(host);
        Assert.Equal((HealthStatus.Unhealthy, "not all devices are open"), (before.Status, before.Description));
        await host.StartAsync();
        var after = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, after.Status);
        Assert.Contains("0 queue pairs", after.Data["left"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFaultedStageMakesItUnhealthyAndIsLoggedOnce()
    {
        var fabric = TestHost.Address("");
        using var peer = RdmaPipelineDevice.Open(fabric + "b");
        await using var host = new TestHost(
            b => b.AddDevice("left", fabric + "a").UseGraph(spec => spec.InsertAfter(
                StageNames.Encode, new StageSpec<PacketBurst> { Name = "broken", Factory = () => new Broken() })),
            Checks);
        await host.StartAsync();
        var link = new Link(host.Services.GetRequiredService<RdmaDevice>(), peer);
        link.Write();
        var done = new WorkCompletion[1];
        await link.Queue.PollAsync(done);
        Assert.False(done[0].IsSuccess);
        var entry = await CheckAsync(host);
        Assert.Equal((HealthStatus.Unhealthy, "left: a stage has failed"), (entry.Status, entry.Description));
        var monitor = host.Services.GetRequiredService<PipelineMonitor>();
        monitor.Look();
        monitor.Look();
        Assert.Equal("broken", Assert.Single(monitor.Latest!.Incidents, i => i.Kind == IncidentKind.StageFaulted).Subject);
        var line = Assert.Single(host.Log.Lines, line => line.Id == 11);
        Assert.StartsWith($"Stage broken of device {fabric["mem://".Length..]}a has failed", line.Text, StringComparison.Ordinal);
        // The device has stopped for good: a service that starts again has another.
        await host.StopAsync();
        await using var next = new TestHost(b => b.AddDevice("left", fabric + "a"), Checks);
        await next.StartAsync();
        await new Link(next.Services.GetRequiredService<RdmaDevice>(), peer).WriteAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(next)).Status);
    }

    [Fact]
    public async Task AnEdgeThatNobodyTakesFromDegradesTheServiceUntilSomebodyDoes()
    {
        var fabric = TestHost.Address("");
        var valve = new Valve();
        using var peer = RdmaPipelineDevice.Open(fabric + "b");
        await using var host = new TestHost(
            b => b.AddDevice("left", fabric + "a", options => options with { Retry7IsInfinite = true })
                .UseGraph(graph => graph.InsertBefore(StageNames.Send, _ => valve))
                .Configure(options => options.MonitorPeriod = TimeSpan.FromMinutes(1)),
            Checks);
        await host.StartAsync();
        var link = new Link(host.Services.GetRequiredService<RdmaDevice>(), peer);
        await UntilAsync(host, HealthStatus.Healthy);
        link.Write();
        await valve.Held.WaitAsync(s_patience);
        var blocked = await UntilAsync(host, HealthStatus.Degraded);
        Assert.Contains("left: stage valve is blocked", blocked.Description, StringComparison.Ordinal);
        valve.Open();
        await link.FinishAsync();
        await UntilAsync(host, HealthStatus.Healthy);
        await link.WriteAsync();
        var incidents = host.Services.GetRequiredService<PipelineMonitor>().Latest!.Incidents;
        Assert.Single(incidents, incident => incident is { Kind: IncidentKind.StageBlocked, Subject: "valve" });
    }

    [Fact]
    public async Task AFailureIsToldAsTheServiceHasAskedFor()
    {
        await using var host = new TestHost(
            b => b.AddDevice("left", TestHost.Address("a")),
            services => services.AddHealthChecks().AddRdmaPipeline("fabric", HealthStatus.Degraded, ["ready"], TimeSpan.FromSeconds(30)));
        var checks = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Empty((await checks.CheckHealthAsync(check => check.Tags.Contains("live"))).Entries);
        var entry = (await checks.CheckHealthAsync(check => check.Tags.Contains("ready"))).Entries["fabric"];
        Assert.Equal((HealthStatus.Degraded, "not all devices are open"), (entry.Status, entry.Description));
    }

    [Fact]
    public async Task ABlockedStageAndALostPortAreTroubles()
    {
        await using var host = new TestHost(b => b.AddDevice("left", TestHost.Address("a")), Checks);
        await host.StartAsync();
        var monitor = host.Services.GetRequiredService<PipelineMonitor>();
        await host.StopAsync();
        var device = monitor.Latest!.Devices.Single();
        Assert.Empty(DeviceTroubles.Of(device, 0.5));
        var blocked = device.Graph.Stages.Select(stage => stage with { BlockedFraction = stage.Name == "send" ? 0.5 : 0.49 });
        var busy = device with { Graph = device.Graph with { Stages = [.. blocked] } };
        Assert.Equal([$"left: stage send is blocked {0.5:P0} of the time"], DeviceTroubles.Of(busy, 0.5));
        Assert.Equal(["left: the port is Down"], DeviceTroubles.Of(device with { PortState = "Down" }, 0.5));
    }

    private static void Checks(IServiceCollection services) => services.AddHealthChecks().AddRdmaPipeline();

    private static async Task<HealthReportEntry> CheckAsync(TestHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["rdma"];

    // Looks again and again: what is blocked of the time between two looks is a matter of time.
    private static async Task<HealthReportEntry> UntilAsync(TestHost host, HealthStatus status)
    {
        var monitor = host.Services.GetRequiredService<PipelineMonitor>();
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var limit = new CancellationTokenSource(s_patience);
        while (true)
        {
            monitor.Look();
            var entry = await CheckAsync(host);
            if (entry.Status == status)
                return entry;
            await clock.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Has a defect.</summary>
    private sealed class Broken() : PacketStage("broken")
    {
        protected override void Process(ref PacketBurst burst) => throw new InvalidDataException("a defect");
    }
}
