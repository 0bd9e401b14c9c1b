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

    private static void Checks(IServiceCollection services) => services.AddHealthChecks().AddCheck<RdmaPipelineHealthCheck>("rdma");

    private static async Task<HealthReportEntry> CheckAsync(TestHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["rdma"];

    /// <summary>Has a defect.</summary>
    private sealed class Broken() : PacketStage("broken")
    {
        protected override void Process(ref PacketBurst burst) => throw new InvalidDataException("a defect");
    }
}
