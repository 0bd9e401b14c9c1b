using RdmaPipeline.ApiTests.Table;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Queries and asynchronous events (verbs.md 1, 7, 8).</summary>
public sealed class DeviceTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    // verbs.md 8
    [Fact]
    public void TheDefaultLimitsAreThoseOfTheSpecification()
    {
        var limits = new DeviceAttributes { Name = "any" };
        Assert.Equal(((1 << 20) - 16, 1 << 20), (limits.MaxQueuePairs, limits.MaxQueuePairWorkRequests));
        Assert.Equal((32, 32, 512), (limits.MaxScatterGatherEntries, limits.MaxReadScatterGatherEntries, limits.MaxInlineData));
        Assert.Equal((1 << 20, 32767), (limits.MaxCompletionQueues, limits.MaxCompletionQueueEntries));
        Assert.Equal(((1 << 19) - 1, ulong.MaxValue), (limits.MaxMemoryRegions, limits.MaxMemoryRegionSize));
        Assert.Equal((128, 128), (limits.MaxQueuePairReadAtomic, limits.MaxQueuePairInitiatorReadAtomic));
        Assert.Equal((0x3F000, 1 << 20), (limits.MaxReadAtomicResources, limits.MaxProtectionDomains));
        Assert.Equal((0xFFFFFFu, 15, 64, 1), (limits.VendorId, limits.LocalAckDelay, limits.MaxPkeys, limits.PortCount));
        Assert.Equal((0xFFFFF000UL, AtomicCapability.Device), (limits.PageSizes, limits.AtomicCapability));
        Assert.Equal(((1 << 15) - 1, 0u, 0u), (limits.MaxAddressHandles, limits.VendorPartId, limits.HardwareVersion));
        Assert.Equal((65535, 65535, 1_000_000),
            (limits.MaxModerationCount, limits.MaxModerationPeriodMicroseconds, limits.CoreClockKilohertz));
        Assert.Equal(DeviceDefaults.Capabilities, limits.Capabilities & DeviceDefaults.Capabilities);
        var port = new PortAttributes();
        Assert.Equal((1UL << 31, 1024), (port.MaxMessageSize, port.GidTableLength));
        Assert.Equal((1, 1u << 16), (port.PkeyTableLength, port.CapabilityFlags));
        Assert.Equal((1, 0, 0, 0), (port.MaxVirtualLanes, (int)port.Lid, (int)port.SubnetManagerLid, port.LidMaskControl));
    }

    [Fact]
    public void PortsAndTheirTablesAreChecked()
    {
        RdmaDevice device = _fake.Device;
        Assert.Equal("fake0", device.Name);
        Assert.Equal(PortState.Active, device.QueryPort().State);
        Failing.With(VerbsErrno.EINVAL, () => device.QueryPort(0), "port_num", "is 0", "1");
        Failing.With(VerbsErrno.EINVAL, () => device.QueryPort(2), "port_num", "is 2", "1");
        Assert.Equal(Gid.Parse("10.0.0.1"), device.QueryGid(1, 1));
        Assert.Equal(GidType.RoCEv2, device.QueryGidEntry(1, 1)!.Value.Type);
        Assert.Equal(Gid.Empty, device.QueryGid(1, 2));
        Assert.Null(device.QueryGidEntry(1, 2));
        Failing.With(VerbsErrno.EINVAL, () => device.QueryGid(1, 8), "gid index", "is 8", "7");
        Failing.With(VerbsErrno.EINVAL, () => device.QueryGid(1, -1), "gid index", "is -1");
        Assert.Equal([0, 1, 3], device.QueryGidTable().Select(slot => slot.Index));
        Assert.Equal((3, -1), (device.FindGid(Gid.Parse("2001:db8::1")), device.FindGid(Gid.Parse("10.9.9.9"))));
        Assert.Equal(0xFFFF, device.QueryPkey(1, 0));
        Failing.With(VerbsErrno.EINVAL, () => device.QueryPkey(1, 1), "pkey index", "is 1", "0");
    }

    [Fact]
    public async Task EventsCarryTheirObjectAndCanBeEnumerated()
    {
        QueuePair queuePair = _fake.CreateQueuePair();
        _fake.Device.Raise(AsyncEventType.QueuePairAccessError, queuePair.Context);
        _fake.Device.Raise(new AsyncEvent(AsyncEventType.PortActive, null, null, 1));
        var seen = new List<AsyncEvent>();
        await foreach (AsyncEvent happened in _fake.Device.ReadAsyncEvents())
        {
            seen.Add(happened);
            if (seen.Count == 2)
                break;
        }
        Assert.Equal(
            [
                new AsyncEvent(AsyncEventType.QueuePairAccessError, queuePair, null, 0),
                new AsyncEvent(AsyncEventType.PortActive, null, null, 1),
            ],
            seen);
    }

    // The acknowledgement of the C interface is the reading: nobody waits for it.
    [Fact]
    public async Task DisposingWaitsForNoReaderAndTheEventStillNamesItsObject()
    {
        QueuePair queuePair = _fake.CreateQueuePair();
        CompletionQueue queue = _fake.Device.CreateCompletionQueue(1);
        queue.Push(Completions.Of(1), solicited: false);
        queue.Push(Completions.Of(2), solicited: false);
        _fake.Device.Raise(AsyncEventType.QueuePairFatal, queuePair.Context);
        queuePair.Dispose();
        queue.Dispose();
        Assert.Same(queue, (await _fake.Device.AsyncEvents.ReadAsync()).CompletionQueue);
        AsyncEvent happened = await _fake.Device.AsyncEvents.ReadAsync();
        Assert.Same(queuePair, happened.QueuePair);
        Assert.Throws<ObjectDisposedException>(() => happened.QueuePair!.Query());
        _fake.Device.Dispose();
        await foreach (AsyncEvent none in _fake.Device.ReadAsyncEvents())
            Assert.Fail($"{none.Type} after the end of the device");
    }

    [Fact]
    public void EventsNobodyReadsAreBoundedAndCounted()
    {
        for (int port = 0; port < 4100; port++)
            _fake.Device.Raise(new AsyncEvent(AsyncEventType.PortError, null, null, port));
        Assert.Equal((4, 4096), (_fake.Device.LostAsyncEvents, _fake.Device.AsyncEvents.Count));
        Assert.True(_fake.Device.AsyncEvents.TryRead(out AsyncEvent oldest));
        Assert.Equal(4, oldest.Port);
    }
}
