using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RdmaPipeline.Hosting.Monitoring;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>However many packets are dropped, there is one line for each reason and period, with the count.</summary>
[Collection(DeviceCollection.Name)]
public sealed class DropLogTests
{
    private const int Datagrams = 300;

    [Fact]
    public async Task AFloodOfBadPacketsIsOneLinePerReasonAndPeriod()
    {
        var fabric = TestHost.Address("");
        using var stranger = RdmaPipelineDevice.Open(fabric + "b");
        await using var host = new TestHost(b => b
            .Configure(o => o.MonitorPeriod = TimeSpan.FromMinutes(1)).AddDevice("left", fabric + "a"));
        await host.StartAsync();
        var device = host.Services.GetRequiredService<RdmaDevice>();
        var monitor = host.Services.GetRequiredService<PipelineMonitor>();
        Flood(stranger, device);
        monitor.Look();
        Flood(stranger, device);
        monitor.Look();
        monitor.Look();
        var lines = host.Log.Lines.Where(line => line.Id == 10).ToList();
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Equal(
            (LogLevel.Warning, $"Device {device.Name} dropped {Datagrams} packets: bad_qkey"), (line.Level, line.Text)));
        Assert.Equal(2, monitor.Latest!.Incidents.Count(i => i is { Kind: IncidentKind.PacketsDropped, Subject: "bad_qkey" }));
    }

    private static void Flood(RdmaDevice from, RdmaDevice to)
    {
        var (sender, target) = (MakeReady(from), MakeReady(to));
        var domain = sender.ProtectionDomain;
        var gid = to.QueryGid(1, to.SelectGid());
        using var way = domain.CreateAddressHandle(new AddressVector
        {
            DestinationGid = gid, SourceGidIndex = from.SelectGid(1, gid),
        });
        long dropped = Dropped(to);
        for (int i = 0; i < Datagrams; i++)
        {
            sender.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Address = way, RemoteQueuePair = target.Number, RemoteQueueKey = 2,
                InlineData = new byte[8],
            });
        }

        SpinWait.SpinUntil(() => Dropped(to) == dropped + Datagrams, TimeSpan.FromSeconds(30));
        Assert.Equal(dropped + Datagrams, Dropped(to));
        sender.Dispose();
        target.Dispose();
    }

    private static long Dropped(RdmaDevice device) => device.GetPipeline().DroppedPackets["bad_qkey"];

    private static QueuePair MakeReady(RdmaDevice device)
    {
        var queue = device.CreateCompletionQueue(2 * Datagrams);
        var pair = device.CreateProtectionDomain().CreateQueuePair(new()
        {
            Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = queue, ReceiveCompletionQueue = queue,
            Capabilities = new() { MaxSendWorkRequests = Datagrams },
        });
        pair.Activate(queueKey: 1);
        return pair;
    }
}
