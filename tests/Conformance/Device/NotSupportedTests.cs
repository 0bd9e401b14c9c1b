using System.Buffers.Binary;
using System.Diagnostics;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.ConformanceTests.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The rows of the README's section "Not supported": what is refused, and how, at a whole device.</summary>
[Collection(DeviceCollection.Name)]
public sealed class NotSupportedTests : IDisposable
{
    private static readonly (string Row, VerbsErrno Errno, Action<NotSupportedTests> Ask)[] Rows =
    [
        ("reliable datagrams (RD)", VerbsErrno.EINVAL, t => t.Make((QueuePairType)5)),
        ("raw packet queue pairs", VerbsErrno.EOPNOTSUPP, t => t.Make(QueuePairType.RawPacket)),
        ("subnet management (QP 0) on RoCE", VerbsErrno.EOPNOTSUPP, t => t.Make(QueuePairType.Smi)),
        ("TSO, IP_CSUM", VerbsErrno.EOPNOTSUPP, t => t.Datagrams().PostSend(new SendWorkRequest { Opcode = SendOpcode.Tso })),
        ("TSO, IP_CSUM", VerbsErrno.EOPNOTSUPP,
            t => t.Datagrams().PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.IpChecksum })),
        ("READ_WITH_INV", VerbsErrno.EOPNOTSUPP,
            t => t.Connected().PostSend(new SendWorkRequest { Opcode = SendOpcode.RdmaReadWithInvalidate })),
        ("FLUSH, ATOMIC WRITE on XRC", VerbsErrno.EINVAL,
            t => t.Initiator().PostSend(new SendWorkRequest { Opcode = SendOpcode.Flush })),
        ("FLUSH, ATOMIC WRITE on XRC", VerbsErrno.EINVAL,
            t => t.Initiator().PostSend(new SendWorkRequest { Opcode = SendOpcode.AtomicWrite })),
        ("RATE_LIMIT", VerbsErrno.EOPNOTSUPP, t => t.Connected().Modify(new() { RateLimit = 1 })),
        ("automatic path migration (ALT_PATH, REARM, ARMED)", VerbsErrno.EINVAL,
            t => t.Connected().Modify(new() { PathMigrationState = PathMigrationState.Rearm })),
        ("automatic path migration (ALT_PATH, REARM, ARMED)", VerbsErrno.EINVAL,
            t => t.Connected().Modify(new() { PathMigrationState = PathMigrationState.Armed })),
        ("automatic path migration (ALT_PATH, REARM, ARMED)", VerbsErrno.EINVAL,
            t => t.Connected().Modify(new() { AlternatePath = new(new(), 0, 1, 1) })),
        ("a link-local GID of a `udp://` device", VerbsErrno.EINVAL, t => t.PathFromSecondGid()),
        ("INIT_TYPE of a port", VerbsErrno.EOPNOTSUPP, t => t._device.ModifyPort(1, new() { InitType = 1 })),
        ("integrity, gap and DMA regions", VerbsErrno.EINVAL, t => t._domain.AllocateRegion(MemoryRegionType.Integrity, 1)),
        ("integrity, gap and DMA regions", VerbsErrno.EINVAL, t => t._domain.AllocateRegion(MemoryRegionType.ScatterGatherGaps, 1)),
        ("integrity, gap and DMA regions", VerbsErrno.EINVAL, t => t._domain.AllocateRegion(MemoryRegionType.Dma, 1)),
        ("remote access to the whole address space", VerbsErrno.EPERM, t => t._domain.RegisterAddressSpace(AccessFlags.RemoteRead)),
    ];

    private readonly LoopbackFabric _fabric = new();
    private readonly RdmaDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _queue;

    public NotSupportedTests()
    {
        _device = RdmaPipelineDevice.Open(_fabric.Open());
        _domain = _device.CreateProtectionDomain();
        _queue = _device.CreateCompletionQueue(8);
    }

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Rows.Length)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Numbers))]
    public void ItIsRefusedAsTheReadmeSays(int number)
    {
        var (row, errno, ask) = Rows[number];
        Assert.Equal(errno, Assert.Throws<RdmaException>(() => ask(this)).Errno);
        Assert.Contains(Readme(), line => line.StartsWith($"| {row} |") && line.Contains($": {errno}"));
    }

    [Fact] // R-VERB-21: path migration is not announced either, on no link.
    public void NoLinkHasPathMigration()
    {
        using var native = RdmaPipelineDevice.Open($"mem://{Guid.NewGuid():n}/a?link=ib");
        Assert.All(new[] { _device, native }, device =>
            Assert.Equal(DeviceCapabilities.None, device.Attributes.Capabilities & DeviceCapabilities.AutomaticPathMigration));
    }

    [Theory] // R-WIRE-8, R-WIRE-14: a CNP, and a SEND ONLY of reliable datagrams, for a queue pair that is connected.
    [InlineData(0x81, 16)]
    [InlineData(0x44, 12)]
    public void PacketsOfOtherServicesAreDropped(byte opcode, int more)
    {
        var target = Connected();
        using var stranger = _fabric.Open();
        var burst = stranger.Pool.Rent();
        burst.Path = new FlowPath(stranger.Description.Gids[0], _device.QueryGid(1, 0).Value, 0, 64, 0, 0xC123);
        byte[] header = [opcode, 0, 0xFF, 0xFF, .. new byte[8 + more]];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), target.Number);
        header.CopyTo(burst.HeaderArea(0));
        burst.Append().HeaderLength = header.Length;
        TestTraffic.SendAll(stranger, burst);
        var patience = Stopwatch.StartNew();
        while (_device.GetPipeline().DroppedPackets[DropReasons.Name(DropReason.BadTransport)] == 0)
        {
            _queue.Poll([]);
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "the packet is not dropped");
        }
        Assert.Equal(QueuePairState.ReadyToSend, target.State);
    }

    [Fact] // Every row of an errno is asked for.
    public void EveryRowIsTested() => Assert.Equal(
        Readme().Where(line => line.Contains(": E")).Select(line => line.Split('|')[1].Trim()).ToHashSet(),
        Rows.Select(row => row.Row).ToHashSet());

    private static IEnumerable<string> Readme()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Pipeline.sln")))
            root = root.Parent!;
        return File.ReadLines(Path.Combine(root.FullName, "README.md")).SkipWhile(line => line != "## Not supported").Skip(1)
            .TakeWhile(line => !line.StartsWith('#'));
    }

    private QueuePair Make(QueuePairType type) => _domain.CreateQueuePair(new()
    {
        Type = type, SendCompletionQueue = _queue, ReceiveCompletionQueue = type == QueuePairType.XrcInitiator ? null : _queue,
    });

    private void PathFromSecondGid()
    {
        using var device = RdmaPipelineDevice.Open($"udp://{FreePorts.LoopbackAddress(0)}:{FreePorts.Next()}");
        var own = device.QueryGid(1, 0);
        device.CreateProtectionDomain().CreateAddressHandle(new AddressVector { DestinationGid = own, SourceGidIndex = 1 });
    }

    private QueuePair Datagrams()
    {
        var queuePair = Make(QueuePairType.UnreliableDatagram);
        queuePair.Activate(1);
        return queuePair;
    }

    private QueuePair Connected() => ToItself(Make(QueuePairType.ReliableConnection));

    private QueuePair Initiator() => ToItself(Make(QueuePairType.XrcInitiator));

    private static QueuePair ToItself(QueuePair queuePair)
    {
        queuePair.ConnectTo(queuePair.LocalEndpoint);
        return queuePair;
    }
}
