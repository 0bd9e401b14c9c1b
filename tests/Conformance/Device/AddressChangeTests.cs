using System.Net;
using RdmaPipeline.Backends.Udp;
using RdmaPipeline.ConformanceTests.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The address of a device on a network goes away and comes back (R-VERB-1, R-VERB-2). Needs root for its namespaces.</summary>
[Collection(DeviceCollection.Name)]
public class AddressChangeTests
{
    private static readonly DeviceOptions Options = new() { LinkWatchPeriod = TimeSpan.FromMilliseconds(10) };

    [SkippableTheory]
    [InlineData("10.77.0.1", "10.77.0.2", 24)]
    [InlineData("fd77::1", "fd77::2", 64)]
    public async Task TheDeviceTellsAndGoesOnWhenItIsBack(string address, string peer, int prefix)
    {
        using var hosts = NamespacePair.Open();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var left = Open(hosts, 0, address);
        using var right = Open(hosts, 1, peer);
        var (domain, queue) = (left.CreateProtectionDomain(), left.CreateCompletionQueue(16));
        var sender = Connect(domain, queue, right, out var sink);
        Write(sender, domain, sink, seed: 1);
        await Next(queue, patience.Token);
        Assert.True(Pattern.Matches(sink.AsSpan(0, 5000), 1));

        hosts.RemoveAddress(0, $"{address}/{prefix}");
        Assert.Equal([AsyncEventType.PortError, AsyncEventType.GidChange], await NextTwo(left, patience.Token));
        Assert.Equal((PortState.Down, 0), (left.QueryPort().State, left.QueryGidTable().Count));
        Assert.Equal(VerbsErrno.ENODATA, Assert.Throws<RdmaException>(() => left.SelectGid()).Errno);
        Assert.Throws<RdmaException>(() => domain.CreateAddressHandle(new AddressVector { DestinationGid = Gid.Parse(peer) }));

        hosts.AddAddress(0, $"{address}/{prefix}");
        Assert.Equal([AsyncEventType.PortActive, AsyncEventType.GidChange], await NextTwo(left, patience.Token));
        Assert.Equal((PortState.Active, 0), (left.QueryPort().State, left.FindGid(Gid.FromIPAddress(IPAddress.Parse(address)))));
        Write(sender, domain, sink, seed: 2);
        await Next(queue, patience.Token);
        Assert.True(Pattern.Matches(sink.AsSpan(0, 5000), 2));
        Assert.Equal(1, left.GetPipeline().HardwareCounters["link_downed"]);
    }

    /// <summary>What is sent from an address that is gone is lost and counted, and nobody waits for it.</summary>
    [SkippableFact]
    public async Task ADatagramFromAnAddressThatIsGoneIsLost()
    {
        using var hosts = NamespacePair.Open();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var device = Open(hosts, 0, "10.77.0.1");
        var (domain, queue) = (device.CreateProtectionDomain(), device.CreateCompletionQueue(16));
        var sender = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = queue, ReceiveCompletionQueue = queue,
        });
        sender.Activate(7);
        using var way = domain.CreateAddressHandle(new AddressVector { DestinationGid = Gid.Parse("10.77.0.2") });
        hosts.RemoveAddress(0, "10.77.0.1/24");
        await NextTwo(device, patience.Token);
        sender.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Address = way, RemoteQueuePair = 0x22, RemoteQueueKey = 7,
        });
        await Next(queue, patience.Token);
        Assert.Equal(1, device.GetPipeline().BackendCounters.TotalDropped);
    }

    // The device asks where it was opened, whichever thread looks.
    private static RdmaDevice Open(NamespacePair hosts, int side, string address) =>
        hosts.Run(side, () => RdmaPipelineDevice.Open(new UdpBackend(new UdpOptions { Address = IPAddress.Parse(address) }), Options));

    private static QueuePair Connect(ProtectionDomain domain, CompletionQueue queue, RdmaDevice peer, out MemoryRegion sink)
    {
        var (peerDomain, peerQueue) = (peer.CreateProtectionDomain(), peer.CreateCompletionQueue(16));
        var sender = domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        var receiver = peerDomain.CreateQueuePair(new() { SendCompletionQueue = peerQueue, ReceiveCompletionQueue = peerQueue });
        sender.ConnectTo(receiver.LocalEndpoint);
        receiver.ConnectTo(sender.LocalEndpoint);
        sink = peerDomain.AllocateMemory(5000, DevicePair.FullAccess);
        return sender;
    }

    private static void Write(QueuePair sender, ProtectionDomain domain, MemoryRegion sink, int seed)
    {
        var source = domain.AllocateMemory(5000);
        Pattern.Fill(source.AsSpan(0, 5000), seed);
        sender.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
            RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey,
        });
    }

    private static async Task Next(CompletionQueue queue, CancellationToken patience)
    {
        var one = new WorkCompletion[1];
        Assert.Equal(1, await queue.PollAsync(one, patience));
        Assert.Equal(WorkCompletionStatus.Success, one[0].Status);
    }

    // The link and the table are looked at one after the other: the address may go or come in between.
    private static async Task<AsyncEventType[]> NextTwo(RdmaDevice device, CancellationToken patience)
    {
        var told = new List<AsyncEventType>();
        await foreach (var happened in device.ReadAsyncEvents(patience))
        {
            told.Add(happened.Type);
            if (told.Count == 2)
                break;
        }

        return [.. told.OrderBy(type => type)];
    }
}
