using Microsoft.Extensions.DependencyInjection;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>What was posted is done before a device closes at shutdown, unless that takes too long.</summary>
[Collection(DeviceCollection.Name)]
public sealed class DrainTests
{
    [Fact]
    public async Task WhatWasPostedIsDoneBeforeTheDeviceCloses()
    {
        const int Writes = 40;
        var fabric = TestHost.Address("");
        using var peer = RdmaPipelineDevice.Open(fabric + "b");
        await using var host = new TestHost(b => b.AddDevice("left", fabric + "a"));
        await host.StartAsync();
        var device = host.Services.GetRequiredService<RdmaDevice>();
        var link = new Link(device, peer);
        for (int i = 0; i < Writes; i++)
            link.Write();
        await host.StopAsync();
        Assert.DoesNotContain(host.Log.Lines, line => line.Id == 4);
        Assert.Equal(0, device.GetPipeline().PendingSends);
        Assert.Equal(Writes * Link.Size / 4096, peer.GetPipeline().HardwareCounters["rcvd_pkts"]);
    }

    [Fact]
    public async Task AShutdownWaitsNoLongerThanItMay()
    {
        var fabric = TestHost.Address("");
        using var peer = RdmaPipelineDevice.Open(fabric + "b");
        await using var host = new TestHost(b => b
            .Configure(o => o.DrainTimeout = TimeSpan.FromMilliseconds(200)).AddDevice("left", fabric + "a"));
        await host.StartAsync();
        var link = new Link(host.Services.GetRequiredService<RdmaDevice>(), peer, new ConnectOptions { Timeout = 0 });
        link.B.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        link.Write();
        await host.StopAsync().WaitAsync(TimeSpan.FromMinutes(1));
        var line = Assert.Single(host.Log.Lines, line => line.Id == 4);
        Assert.Equal("Device left closes with 1 sends not done in 00:00:00.2000000", line.Text);
    }
}
