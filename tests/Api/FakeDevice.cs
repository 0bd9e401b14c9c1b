using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>A device on a <see cref="FakeVerbsProvider"/> with a domain and a completion queue.</summary>
internal sealed class FakeDevice : IDisposable
{
    public FakeDevice(DeviceAttributes? attributes = null, int completions = 64)
    {
        if (attributes is not null)
            Provider.Attributes = attributes;
        Device = new RdmaDevice(Provider);
        Domain = Device.CreateProtectionDomain();
        Queue = Device.CreateCompletionQueue(completions);
    }

    /// <summary>What a device says that can do everything with memory.</summary>
    public static DeviceAttributes Rich { get; } = new()
    {
        Name = "rich",
        Capabilities = DeviceCapabilities.MemoryManagementExtensions | DeviceCapabilities.MemoryWindow
            | DeviceCapabilities.MemoryWindowType2A | DeviceCapabilities.MemoryWindowType2B | DeviceCapabilities.OnDemandPaging
            | DeviceCapabilities.FlushGlobal | DeviceCapabilities.FlushPersistent | DeviceCapabilities.AtomicWrite,
        MaxMemoryWindows = 1000, MaxFastRegistrationPages = 512, MaxDeviceMemory = 1 << 20,
    };

    public FakeVerbsProvider Provider { get; } = new();

    public RdmaDevice Device { get; }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Queue { get; }

    public QueuePair CreateQueuePair(QueuePairCapabilities? capabilities = null, QueuePairState state = QueuePairState.Reset,
        QueuePairType type = QueuePairType.ReliableConnection, SharedReceiveQueue? shared = null)
    {
        QueuePairTypeTraits traits = QueuePairTypeTraits.Of(type)!;
        var init = new QueuePairInitAttributes
        {
            Type = type,
            SendCompletionQueue = traits.Sends ? Queue : null,
            ReceiveCompletionQueue = traits.Receives ? Queue : null,
            SharedReceiveQueue = shared,
            Capabilities = capabilities ?? new QueuePairCapabilities(),
        };
        QueuePair queuePair = type == QueuePairType.XrcTarget
            ? Device.OpenXrcDomain().CreateQueuePair(init)
            : Domain.CreateQueuePair(init);
        queuePair.Context.State = state;
        return queuePair;
    }

    /// <summary>Does at once what the shard of a queue pair does when a memory operation starts.</summary>
    public bool Execute(QueuePair queuePair, MemoryOperation operation) => operation.TryExecute(queuePair.Context);

    public void Dispose() => Device.Dispose();
}
