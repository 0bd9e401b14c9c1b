using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>Devices as keyed services that open with the host and close after everything else.</summary>
[Collection(DeviceCollection.Name)]
public sealed class RegistrationTests
{
    [Fact]
    public async Task AServiceGetsItsDevicesByNameAndMayUseThemUntilItHasStopped()
    {
        var fabric = TestHost.Address("");
        await using var host = new TestHost(
            b => b.AddDevice("left", fabric + "a").AddDevice("right", fabric + "b", o => o with { EdgeCapacity = 7 }),
            services => services.AddHostedService<Worker>());
        await host.StartAsync();
        var (left, right) = (host.Services.GetRequiredKeyedService<RdmaDevice>("left"), Right(host));
        Assert.Equal(7, right.GetPipeline().Describe().Edges.Max(edge => edge.Capacity));
        await host.StopAsync();
        Assert.Equal(WorkCompletionStatus.Success, Worker.Last);
        Assert.Throws<ObjectDisposedException>(() => left.QueryPort());
        Assert.Throws<ObjectDisposedException>(() => right.QueryPort());
        Assert.Equal([1, 1, 3, 3, 5, 5], host.Log.Lines.Select(line => line.Id).Order());
    }

    [Fact]
    public async Task TheOnlyDeviceIsFoundByItsTypeAndOneOfSeveralIsNot()
    {
        await using var one = new TestHost(b => b.AddDevice("only", TestHost.Address("a")));
        Assert.Same(one.Services.GetRequiredKeyedService<RdmaDevice>("only"), one.Services.GetRequiredService<RdmaDevice>());
        await using var two = new TestHost(b => b.AddDevice("left", TestHost.Address("a")).AddDevice("right", TestHost.Address("b")));
        var fault = Assert.Throws<InvalidOperationException>(() => two.Services.GetRequiredService<RdmaDevice>());
        Assert.Contains("left, right", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeviceThatCannotBeOpenedKeepsTheHostFromStartingAndTheOthersClose()
    {
        var fabric = TestHost.Address("");
        await using var host = new TestHost(b => b.AddDevice("one", fabric + "same").AddDevice("two", fabric + "same"));
        await Assert.ThrowsAnyAsync<BackendOpenException>(host.StartAsync);
        Assert.Single(host.Log.Lines, line => line.Id == 2);
        await host.DisposeAsync();
        RdmaPipelineDevice.Open(fabric + "same").Dispose();
    }

    [Fact]
    public void ANameIsRegisteredOnce()
    {
        var services = new ServiceCollection();
        services.AddRdmaPipeline(b => b.AddDevice("one", "mem://x/a"));
        var fault = Assert.Throws<ArgumentException>(() => services.AddRdmaPipeline(b => b.AddDevice("one", "mem://x/b")));
        Assert.Contains("device name is one", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheGraphOfADeviceIsEditedByCode()
    {
        await using var host = new TestHost(b => b
            .AddDevice("plain", TestHost.Address("a")).AddDevice("edited", TestHost.Address("b"))
            .UseGraph(spec => spec with { Preset = "ours" })
            .UseGraph("edited", spec => spec with { Preset = spec.Preset + " and more" }));
        Assert.Equal("ours", Preset(host, "plain"));
        Assert.Equal("ours and more", Preset(host, "edited"));
    }

    // The application's own meters, where it has any, so that they go with it.
    [Fact]
    public async Task DevicesPublishByTheMetersOfTheHost()
    {
        await using var host = new TestHost(b => b.AddDevice("one", TestHost.Address("a")), services => services.AddMetrics());
        var published = new HashSet<object?>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => published.Add(instrument.Meter.Scope) };
        listener.Start();
        host.Services.GetRequiredService<RdmaDevice>();
        Assert.Contains(host.Services.GetRequiredService<IMeterFactory>(), published);
    }

    private static string Preset(TestHost host, string name) =>
        host.Services.GetRequiredKeyedService<RdmaDevice>(name).GetPipeline().Describe().Preset;

    private static RdmaDevice Right(TestHost host) => host.Services.GetRequiredKeyedService<RdmaDevice>("right");

    /// <summary>Uses its devices from the beginning to the very end.</summary>
    private sealed class Worker(
        [FromKeyedServices("left")] RdmaDevice left, [FromKeyedServices("right")] RdmaDevice right) : IHostedService
    {
        public static WorkCompletionStatus? Last { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => WriteAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => WriteAsync(cancellationToken);

        private async Task WriteAsync(CancellationToken cancellation)
        {
            Last = null;
            var link = new Link(left, right);
            link.Write();
            var done = new WorkCompletion[1];
            await link.Queue.PollAsync(done, cancellation);
            Last = done[0].Status;
        }
    }
}
