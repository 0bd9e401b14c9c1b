using RdmaPipeline.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Opening devices, their limits and tables, and what a look into the pipeline shows.</summary>
[Collection(DeviceCollection.Name)]
public class OpeningTests
{
    public static TheoryData<DeviceSetup> Setups => DeviceSetup.Few;

    public static TheoryData<DeviceOptions, string> WrongOptions => new()
    {
        { new DeviceOptions { ShardCount = 3 }, "ShardCount is 3; it must be a power of two" },
        { new DeviceOptions { ShardCount = 128 }, "ShardCount is 128; it must lie in 1 to 64" },
        { new DeviceOptions { WindowBytes = 1 }, "WindowBytes is 1; it must lie in 16384 to 67108864" },
        { new DeviceOptions { EdgeCapacity = 0 }, "EdgeCapacity is 0; it must lie in 1 to 4096" },
        { new DeviceOptions { PacketsPerTurn = 0 }, "PacketsPerTurn is 0; it must lie in 1 to 4096" },
        { new DeviceOptions { AckRequestInterval = 129 }, "AckRequestInterval is 129; it must lie in 1 to 128" },
        {
            new DeviceOptions { ReceiveModeration = TimeSpan.FromMicroseconds(1001) },
            "ReceiveModeration is 1001 µs; it must lie in 0 to 1000 µs"
        },
        {
            new DeviceOptions { ReceiveModeration = TimeSpan.FromMicroseconds(5), Preset = PipelinePreset.Simulated },
            "ReceiveModeration is 5 µs; the Simulated preset has no time of its own"
        },
        { new DeviceOptions { MaxQueuePairs = 1 << 20 }, "MaxQueuePairs is 1048576; it must lie in 1 to 1048560" },
        { new DeviceOptions { PkeyTableLength = 0 }, "PkeyTableLength is 0; it must lie in 1 to 64" },
        { new DeviceOptions { PkeyTableLength = 65 }, "PkeyTableLength is 65; it must lie in 1 to 64" },
        { new DeviceOptions { LinkWatchPeriod = TimeSpan.FromMilliseconds(9) }, "LinkWatchPeriod is 00:00:00.0090000; it must" },
        { new DeviceOptions { LinkWatchPeriod = TimeSpan.FromHours(2) }, "is 02:00:00; it must lie in 00:00:00.0100000 to 01:00:00" },
        { new DeviceOptions { Preset = (PipelinePreset)9 }, "Preset is 9; it must be one of Staged, Queued, Fused, Polling, Simulated" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void WrongOptionsAreNamedWithTheirLimits(DeviceOptions options, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => RdmaPipelineDevice.Open("mem://wrong/a", options));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        RdmaPipelineDevice.Open("mem://wrong/a").Dispose();
    }

    [Theory]
    [InlineData("tcp://127.0.0.1")]
    [InlineData("mem:")]
    [InlineData("udp://0.0.0.0")]
    public void WrongAddressesAreRefused(string uri) => Assert.ThrowsAny<ArgumentException>(() => RdmaPipelineDevice.Open(uri));

    [Fact]
    public void AnAddressInUseIsRefusedAndFreeAfterTheDeviceIsClosed()
    {
        string uri = $"udp://{FreePorts.LoopbackAddress(9)}:{FreePorts.Next()}";
        using (RdmaPipelineDevice.Open(uri))
            Assert.Throws<BackendOpenException>(() => RdmaPipelineDevice.Open(uri));
        RdmaPipelineDevice.Open(uri).Dispose();
    }

    // get_device_list (verbs.md 1): what can be opened is listed, and is not while it is open. Another program may have its port.
    [Fact]
    public void TheMachinesDevicesAreListed()
    {
        const string uri = "udp://127.0.0.1";
        bool opens = TryOpen(uri, out var device);
        Assert.DoesNotContain(uri, opens ? RdmaPipelineDevice.List() : []);
        device?.Dispose();
        Assert.True(RdmaPipelineDevice.List().Contains(uri) || !TryOpen(uri, out device));
    }

    private static bool TryOpen(string uri, out RdmaDevice? device)
    {
        device = null;
        try
        {
            device = RdmaPipelineDevice.Open(uri);
            return true;
        }
        catch (BackendOpenException)
        {
            return false;
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void TheDeviceReportsItsLimitsAndItsPort(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (device, port) = (pair.A.Attributes, pair.A.QueryPort());
        Assert.Equal((1 << 20) - 16, device.MaxQueuePairs);
        Assert.NotEqual(0ul, device.NodeGuid);
        Assert.Equal(PortState.Active, port.State);
        Assert.Equal(PortPhysicalState.LinkUp, port.PhysicalState);
        Assert.Equal(setup.IsNative ? LinkLayer.InfiniBand : LinkLayer.Ethernet, port.LinkLayer);
        Assert.Equal(1ul << 31, port.MaxMessageSize);
        Assert.Equal(0xFFFF, pair.A.QueryPkey(1, 0));
        // R-VERB-1: a link-local address first, but on UDP, where the device has the one it was opened with.
        var gids = pair.A.QueryGidTable().Select(slot => slot.Entry).ToList();
        bool[] areLinkLocal = setup.IsNative ? [true] : setup.Medium == "mem" ? [true, false] : [false];
        Assert.Equal(areLinkLocal, gids.Select(entry => entry.Gid.IsLinkLocal));
        Assert.All(gids, entry => Assert.Equal(setup.IsNative ? GidType.InfiniBand : GidType.RoCEv2, entry.Type));
        Assert.All(gids, entry => Assert.NotEqual(entry.Gid.IsLinkLocal, entry.Gid.IsIPv4Mapped));
        Assert.Equal(Gid.Empty, pair.A.QueryGid(1, 5));
    }

    [Fact]
    public void QueuePairsBeyondTheLimitAreRefusedUntilOneIsGone()
    {
        using var device = RdmaPipelineDevice.Open("mem://limit/a", new DeviceOptions { MaxQueuePairs = 2 });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(10);
        var init = new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue };
        QueuePair Create() => domain.CreateQueuePair(init);
        var (first, second) = (Create(), Create());
        Assert.Equal(VerbsErrno.ENOMEM, Assert.Throws<RdmaException>(Create).Errno);
        uint freed = first.Number;
        first.Dispose();
        Assert.DoesNotContain(Create().Number, new[] { freed, second.Number });
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void TheGraphPrintsItselfWithTheAgreedStagesAndCountsWhatPassed(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var memory = pair.DomainB.AllocateMemory(100, DevicePair.FullAccess);
        b.PostReceive(new ReceiveWorkRequest { Entry = memory.Entry() });
        a.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, InlineData = new byte[10] });
        pair.NextSuccess(pair.QueueB, 0);
        pair.NextSuccess(pair.QueueA, 0);
        var graph = pair.A.GetPipeline().Describe();
        Assert.Equal(
            ["receive", "decode", "dispatch", "responder", "completer", "requester", "ack_generator", "encode", "send"],
            graph.Stages.Select(stage => stage.Name));
        Assert.Equal(1, graph.Stages.Single(stage => stage.Name == StageNames.Requester).CreatedItems);
        Assert.Equal(1, graph.Stages.Single(stage => stage.Name == StageNames.Completer).EndedItems);
        Assert.Contains("requester", graph.ToMermaid(), StringComparison.Ordinal);
        Assert.Contains("ack_generator", graph.ToDot(), StringComparison.Ordinal);
        Assert.Contains("\"encode\"", graph.ToJson(), StringComparison.Ordinal);
        var counters = pair.A.GetPipeline().HardwareCounters;
        Assert.Equal((1L, 1L, 1L), (counters["sent_pkts"], counters["rcvd_pkts"], counters["rdma_sends"]));
        Assert.Equal(15, counters.Count);
        a.Dispose();
        Assert.Equal(1, pair.A.GetPipeline().HardwareCounters["sent_pkts"]);
    }

    [Fact]
    public void PacketsToNobodyAreDroppedAndCounted()
    {
        // R-WIRE-31: nobody hears of it.
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 8, RetryCount = 1 });
        b.Dispose();
        a.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
        Assert.Equal(WorkCompletionStatus.RetryExceededError, pair.Next(pair.QueueA).Status);
        var dispatch = pair.B.GetPipeline().Describe().Stages.Single(stage => stage.Name == StageNames.Dispatch);
        Assert.Equal(2, dispatch.Drops[DropReasons.Name(DropReason.UnknownQp)]);
    }
}
