using System.Diagnostics;
using RdmaPipeline.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Two open devices that can reach each other, with what most tests need; closing them checks that nothing leaked.</summary>
internal sealed class DevicePair : IDisposable
{
    /// <summary>No operation of these tests takes this long; it turns a hang into a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public const AccessFlags FullAccess =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.MemoryWindowBind | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private readonly WorkCompletion[] _one = new WorkCompletion[1];

    public DevicePair(DeviceSetup setup, DeviceOptions? options = null, DeviceOptions? second = null, DeviceSeams? seams = null)
    {
        var (first, other) = setup.Addresses();
        A = seams is null
            ? RdmaPipelineDevice.Open(first, options ?? setup.Options)
            : RdmaPipelineDevice.Open(PacketBackends.Open(first), options ?? setup.Options, seams);
        B = first == other ? A : RdmaPipelineDevice.Open(other, second ?? options ?? setup.Options);
        DomainA = A.CreateProtectionDomain();
        DomainB = B.CreateProtectionDomain();
        QueueA = A.CreateCompletionQueue(4096);
        QueueB = B.CreateCompletionQueue(4096);
    }

    public RdmaDevice A { get; }

    public RdmaDevice B { get; }

    public ProtectionDomain DomainA { get; }

    public ProtectionDomain DomainB { get; }

    public CompletionQueue QueueA { get; }

    public CompletionQueue QueueB { get; }

    /// <summary>Makes two connected queue pairs, one on each device.</summary>
    public (QueuePair A, QueuePair B) Connect(QueuePairCapabilities? caps = null, ConnectOptions? options = null, bool signalAll = false,
        QueuePairType type = QueuePairType.ReliableConnection)
    {
        var a = DomainA.CreateQueuePair(Attributes(QueueA, caps, signalAll, type));
        var b = DomainB.CreateQueuePair(Attributes(QueueB, caps, signalAll, type));
        a.ConnectTo(b.LocalEndpoint, options);
        b.ConnectTo(a.LocalEndpoint, options);
        return (a, b);
    }

    /// <summary>Makes a queue pair for datagrams that is ready to send.</summary>
    public QueuePair Datagrams(ProtectionDomain domain, CompletionQueue queue, uint queueKey = 0x1234,
        QueuePairType type = QueuePairType.UnreliableDatagram)
    {
        var queuePair = domain.CreateQueuePair(Attributes(queue, null, signalAll: true, type));
        queuePair.Activate(queueKey);
        return queuePair;
    }

    /// <summary>The way from a domain's device to a device.</summary>
    public static AddressHandle Way(ProtectionDomain from, RdmaDevice to)
    {
        var gid = to.QueryGid(1, to.SelectGid());
        return from.CreateAddressHandle(new AddressVector
        {
            DestinationGid = gid, SourceGidIndex = from.Device.SelectGid(1, gid), DestinationLid = to.QueryPort().Lid,
        });
    }

    /// <summary>What all stages of a device dropped for a reason.</summary>
    public static long Drops(RdmaDevice device, DropReason reason) =>
        device.GetPipeline().Describe().Stages.Sum(stage => stage.Drops.GetValueOrDefault(DropReasons.Name(reason)));

    /// <summary>Waits for the next completion of a queue.</summary>
    public WorkCompletion Next(CompletionQueue queue)
    {
        Until(() => queue.Poll(_one) != 0, "a completion");
        return _one[0];
    }

    /// <summary>Waits for the next completion, which must be a success with this work request id.</summary>
    public WorkCompletion NextSuccess(CompletionQueue queue, ulong workRequest)
    {
        var completion = Next(queue);
        Assert.Equal(WorkCompletionStatus.Success, completion.Status);
        Assert.Equal(workRequest, completion.WorkRequestId);
        return completion;
    }

    /// <summary>Drives both devices until something holds.</summary>
    public void Until(Func<bool> condition, string what)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (!(A.Provider.Drive() | B.Provider.Drive()))
                Thread.Yield();
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, $"never: {what}");
        }
    }

    /// <summary>Waits for an asynchronous event of a device.</summary>
    public AsyncEvent NextEvent(RdmaDevice device)
    {
        AsyncEvent happened = default;
        Until(() => device.AsyncEvents.TryRead(out happened), "an asynchronous event");
        return happened;
    }

    /// <summary>Closes the devices; both must be at rest with every burst returned and every item accounted for.</summary>
    public void Dispose()
    {
        var (pipelineA, pipelineB) = (A.GetPipeline(), B.GetPipeline());
        A.Dispose();
        B.Dispose();
        Assert.Empty(pipelineA.CheckLaws());
        Assert.Empty(pipelineB.CheckLaws());
        Assert.Equal(0, pipelineA.OutstandingBursts);
        Assert.Equal(0, pipelineB.OutstandingBursts);
    }

    private static QueuePairInitAttributes Attributes(
        CompletionQueue queue, QueuePairCapabilities? caps, bool signalAll, QueuePairType type) => new()
    {
        Type = type,
        SendCompletionQueue = queue,
        ReceiveCompletionQueue = queue,
        Capabilities = caps ?? new QueuePairCapabilities { MaxSendEntries = 8, MaxReceiveEntries = 8, MaxInlineData = 256 },
        SignalAll = signalAll,
    };
}
