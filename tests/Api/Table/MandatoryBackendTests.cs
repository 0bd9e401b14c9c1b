using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Table;

/// <summary>The generic functions work over a back-end that implements only what it must (R-VERB-20, R-BE-6).</summary>
public sealed class MandatoryBackendTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RdmaDevice _device = RdmaPipelineDevice.Open(new MandatoryBackend(new LoopbackFabric()));

    public void Dispose() => _device.Dispose();

    [Fact]
    public void DeviceAndPortVerbs()
    {
        Assert.Equal(DeviceDefaults.Capabilities, _device.Attributes.Capabilities & DeviceDefaults.Capabilities);
        Assert.Equal(PortState.Active, _device.QueryPort().State);
        Assert.Equal(_device.QueryGid(1, 0), _device.QueryGidEntry(1, 0)!.Value.Gid);
        Assert.Equal(2, _device.QueryGidTable().Count);
        Assert.Equal(0xFFFF, _device.QueryPkey(1, 0));
        PortImmutable port = _device.GetPortImmutable();
        Assert.Equal((1024, 1, 256), (port.GidTableLength, port.PkeyTableLength, port.MaxManagementDatagram));
        Assert.True(port.Core.HasFlag(PortCoreCapabilities.RoCEv2));
        _device.ModifyDevice(new DeviceModification { NodeDescription = "here" });
        Assert.Equal("here", _device.Attributes.NodeDescription);
        _device.ModifyPort(1, new PortModification { ResetQkeyCounter = true, ClearCapabilities = 1 << 16 });
        Assert.Equal(0u, _device.QueryPort().CapabilityFlags);
        Failing.With(VerbsErrno.EOPNOTSUPP, () => _device.ModifyPort(1, new PortModification { Shutdown = true }), "shutdown");
        Failing.With(VerbsErrno.EOPNOTSUPP, () => _device.ModifyPort(1, new PortModification { InitType = 1 }), "init_type");
    }

    [Fact]
    public void SharedReceiveQueueVerbs()
    {
        ProtectionDomain domain = _device.CreateProtectionDomain();
        CompletionQueue queue = _device.CreateCompletionQueue(4);
        SharedReceiveQueue shared = domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes { MaxWorkRequests = 2 });
        shared.Modify(new SharedReceiveQueueAttributes { MaxWorkRequests = 3, Limit = 1 });
        Assert.Equal((3, 4, 1), (shared.Query().MaxWorkRequests, shared.Query().MaxEntries, shared.Query().Limit));
        QueuePair queuePair = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SharedReceiveQueue = shared,
        });
        queuePair.ConnectTo(queuePair.LocalEndpoint);
        MemoryRegion memory = domain.AllocateMemory(16);
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = memory.Entry() });
        byte[] data = "sixteen bytes ok"u8.ToArray();
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, InlineData = data });
        Assert.True(SpinWait.SpinUntil(() => queue.Count == 1 || (_device.Provider.Drive() && queue.Count == 1), Patience));
        Assert.Equal(data, memory.Memory.ToArray());
        Failing.With(VerbsErrno.EBUSY, shared.Dispose, "queue pair");
        queuePair.Dispose();
        shared.Dispose();
        Assert.Equal(0, _device.SharedReceiveQueueCount);
    }

    [Fact]
    public void QueuePairAndCompletionQueueVerbs()
    {
        ProtectionDomain domain = _device.CreateProtectionDomain();
        CompletionQueue queue = _device.CreateCompletionQueue(4);
        queue.Resize(8);
        QueuePair queuePair = domain.CreateQueuePair(
            new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true });
        queuePair.ConnectTo(queuePair.LocalEndpoint);
        queuePair.Modify(new QueuePairAttributes { MinRnrTimer = 3 });
        Assert.Equal((QueuePairState.ReadyToSend, 3), (queuePair.Query().State, queuePair.Query().MinRnrTimer));
        MemoryRegion memory = domain.AllocateMemory(16);
        Assert.False(queue.RequestNotification(NotificationKind.Next, reportMissed: true));
        queuePair.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = memory.Entry() });
        byte[] data = "sixteen bytes ok"u8.ToArray();
        queuePair.PostSend(new SendWorkRequest { WorkRequestId = 2, Opcode = SendOpcode.Send, InlineData = data });
        var two = new WorkCompletion[2];
        Assert.True(SpinWait.SpinUntil(() => queue.Count == 2 || (_device.Provider.Drive() && queue.Count == 2), Patience));
        Assert.Equal(2, queue.Poll(two));
        Assert.All(two, completion => Assert.True(completion.IsSuccess));
        Assert.Equal(1, queue.EventsRaised);
        Assert.Equal(data, memory.Memory.ToArray());
        Failing.With(VerbsErrno.EBUSY, queue.Dispose, "work queue");
        queuePair.Dispose();
        queue.Dispose();
        memory.Dispose();
        domain.Dispose();
        Assert.Equal((0, 0, 0, 0), (_device.QueuePairCount, _device.CompletionQueueCount, _device.MemoryRegionCount,
            _device.ProtectionDomainCount));
    }
}
