using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// The table of verbs.md 8 at a whole device, row by row: what it reports, that what equals a limit is made, and the errno of one more
/// (R-VERB-18). That objects are counted, and given back, is tested with small limits (R-VERB-19).
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class LimitTests : IDisposable
{
    private const AccessFlags Rights = AccessFlags.LocalWrite;

    private static readonly Dictionary<string, (VerbsErrno Errno, long Limit, Action<LimitTests, int> Make)> Rows = new()
    {
        ["max_qp_wr (receive)"] = (VerbsErrno.EINVAL, 1 << 20,
            (t, n) => t.Make(new() { MaxReceiveWorkRequests = n, MaxReceiveEntries = 1 })),
        ["max_sge (send)"] = (VerbsErrno.EINVAL, 32, (t, n) => t.Make(new() { MaxSendEntries = n })),
        ["max_sge (receive)"] = (VerbsErrno.EINVAL, 32, (t, n) => t.Make(new() { MaxReceiveEntries = n })),
        ["max_inline_data"] = (VerbsErrno.EINVAL, 512, (t, n) => t.Make(new() { MaxInlineData = n })),
        ["max_cqe"] = (VerbsErrno.EINVAL, (1 << 15) - 1, (t, n) => t._device.CreateCompletionQueue(n)),
        ["max_cqe (resize)"] = (VerbsErrno.EINVAL, (1 << 15) - 1, (t, n) => t._queue.Resize(n)),
        ["comp vectors"] = (VerbsErrno.EINVAL, Environment.ProcessorCount,
            (t, n) => t._device.CreateCompletionQueue(1, completionVector: n - 1)),
        ["max_srq_wr"] = (VerbsErrno.EINVAL, 1 << 20,
            (t, n) => t._domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = n, MaxEntries = 1 })),
        ["max_srq_sge"] = (VerbsErrno.EINVAL, 27, (t, n) => t._domain.CreateSharedReceiveQueue(new() { MaxEntries = n })),
        ["max_qp_init_rd_atom"] = (VerbsErrno.EINVAL, 128, (t, n) => t.Connect(new() { MaxReadAtomic = n })),
        ["max_qp_rd_atom"] = (VerbsErrno.EINVAL, 128, (t, n) => t.Connect(new() { MaxDestinationReadAtomic = n })),
        ["max_fast_reg_page_list_len"] = (VerbsErrno.EINVAL, 512,
            (t, n) => t._domain.AllocateRegion(MemoryRegionType.FastRegistration, n)),
        ["gid_tbl_len"] = (VerbsErrno.EINVAL, 1024, (t, n) => t._device.QueryGid(1, n - 1)),
        ["pkey_tbl_len"] = (VerbsErrno.EINVAL, 1, (t, n) => t._device.QueryPkey(1, n - 1)),
        ["phys_port_cnt"] = (VerbsErrno.EINVAL, 1, (t, n) => t._device.QueryPort(n)),
        ["max_mcast_qp_attach"] = (VerbsErrno.ENOMEM, 56, (t, n) =>
        {
            for (int i = 0; i < n; i++)
                t.Datagrams().AttachMulticast(Group);
        }),
        ["max_ah"] = (VerbsErrno.ENOMEM, (1 << 15) - 1, (t, n) =>
        {
            var way = new AddressVector { DestinationGid = t._device.QueryGid(1, 0) };
            for (int i = 0; i < n; i++)
                t._domain.CreateAddressHandle(way);
        }),
    };

    private readonly RdmaDevice _device = RdmaPipelineDevice.Open($"mem://{Guid.NewGuid():n}/a");
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _queue;

    public LimitTests()
    {
        _domain = _device.CreateProtectionDomain();
        _queue = _device.CreateCompletionQueue(8);
    }

    public static TheoryData<string> Names => [.. Rows.Keys];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatEqualsTheLimitIsMadeAndOneMoreIsRefused(string row)
    {
        var (errno, limit, make) = Rows[row];
        make(this, (int)limit);
        using var other = new LimitTests();
        Assert.Equal(errno, Assert.Throws<RdmaException>(() => make(other, (int)limit + 1)).Errno);
    }

    [Fact]
    public void TheDeviceReportsTheTable()
    {
        var limits = _device.Attributes;
        Assert.Equal(((1 << 20) - 16, 1 << 20), (limits.MaxQueuePairs, limits.MaxQueuePairWorkRequests));
        Assert.Equal((32, 32, 512), (limits.MaxScatterGatherEntries, limits.MaxReadScatterGatherEntries, limits.MaxInlineData));
        Assert.Equal((1 << 20, (1 << 15) - 1), (limits.MaxCompletionQueues, limits.MaxCompletionQueueEntries));
        Assert.Equal(((1 << 19) - 1, (1 << 19) - 1), (limits.MaxMemoryRegions, limits.MaxMemoryWindows));
        Assert.Equal((ulong.MaxValue, 0xFFFFF000UL), (limits.MaxMemoryRegionSize, limits.PageSizes));
        Assert.Equal((1 << 20, (1 << 15) - 1), (limits.MaxProtectionDomains, limits.MaxAddressHandles));
        Assert.Equal((128, 128, 0x3F000),
            (limits.MaxQueuePairReadAtomic, limits.MaxQueuePairInitiatorReadAtomic, limits.MaxReadAtomicResources));
        Assert.Equal(((1 << 20) - 0x20001, 1 << 20, 27),
            (limits.MaxSharedReceiveQueues, limits.MaxSharedReceiveQueueWorkRequests, limits.MaxSharedReceiveQueueEntries));
        Assert.Equal((8192, 56, 0x70000), (limits.MaxMulticastGroups, limits.MaxMulticastQueuePairs, limits.MaxMulticastMemberships));
        Assert.Equal((512, 64, 15, 1), (limits.MaxFastRegistrationPages, limits.MaxPkeys, limits.LocalAckDelay, limits.PortCount));
        Assert.Equal((0xFFFFFFu, AtomicCapability.Device, Environment.ProcessorCount),
            (limits.VendorId, limits.AtomicCapability, limits.CompletionVectors));
        Assert.Equal(limits.NodeGuid, limits.SystemImageGuid);
        var port = _device.QueryPort();
        Assert.Equal((1024, 1, 1UL << 31, 1u << 16),
            (port.GidTableLength, port.PkeyTableLength, port.MaxMessageSize, port.CapabilityFlags));
        Assert.Equal((1, 0, 0, 0), (port.MaxVirtualLanes, (int)port.Lid, (int)port.SubnetManagerLid, port.LidMaskControl));
    }

    [Fact] // max_msg_sz: sent from one region over and over; whether the peer is there is another matter.
    public void TheLongestMessageIsAccepted()
    {
        var queuePair = Connect(new());
        var half = new ScatterGatherEntry(0, 1u << 30, 1);
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Entries = new[] { half, half } });
        var longer = new SendWorkRequest { Opcode = SendOpcode.Send, Entries = new[] { half, half, half with { Length = 1 } } };
        Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => queuePair.PostSend(longer)).Errno);
    }

    [Fact] // max_mr_size: the whole address space is one region, and no region goes beyond its end.
    public void TheLargestRegionIsTheAddressSpace()
    {
        using var all = _domain.RegisterAddressSpace();
        Assert.Equal(ulong.MaxValue, all.Length);
        Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => _domain.RegisterMemory(2, ulong.MaxValue)).Errno);
    }

    [Fact] // page_size_cap: every power of two from 4096 that an int holds.
    public void EveryPageSizeOfTheMaskMaps()
    {
        using var region = _domain.AllocateRegion(MemoryRegionType.FastRegistration, 2);
        for (int size = 4096; size > 0; size <<= 1)
            Assert.Equal(1, region.Map([new MemoryPiece(size, (ulong)size)], size));
        Assert.Equal(VerbsErrno.EINVAL,
            Assert.Throws<RdmaException>(() => region.Map([new MemoryPiece(4096, 1)], 2048)).Errno);
    }

    [Fact] // MR index 1 to 2^19, MW index from 2^19 + 1 to 2^20.
    public void KeysOfRegionsAndWindowsAreApart()
    {
        for (int i = 0; i < 100; i++)
        {
            using var region = _domain.AllocateMemory(8, Rights);
            using var window = _domain.AllocateWindow(MemoryWindowType.Type1);
            Assert.InRange(region.LocalKey >> 8, 1u, 1u << 19);
            Assert.InRange(window.RemoteKey >> 8, (1u << 19) + 1, 1u << 20);
        }
    }

    private static Gid Group { get; } = Gid.Parse("ff0e::1");

    private QueuePair Make(QueuePairCapabilities caps) => _domain.CreateQueuePair(
        new() { SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue, Capabilities = caps });

    private QueuePair Datagrams() => _domain.CreateQueuePair(new()
    {
        Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue,
    });

    private QueuePair Connect(ConnectOptions options)
    {
        var queuePair = Make(new() { MaxSendEntries = 3 });
        queuePair.ConnectTo(queuePair.LocalEndpoint, options);
        return queuePair;
    }
}
