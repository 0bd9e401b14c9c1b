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

    public FakeVerbsProvider Provider { get; } = new();

    public RdmaDevice Device { get; }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Queue { get; }

    public QueuePair CreateQueuePair(QueuePairCapabilities? capabilities = null, QueuePairState state = QueuePairState.Reset,
        QueuePairType type = QueuePairType.ReliableConnection)
    {
        QueuePairTypeTraits traits = QueuePairTypeTraits.Of(type)!;
        QueuePair queuePair = Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type,
            SendCompletionQueue = traits.Sends ? Queue : null,
            ReceiveCompletionQueue = traits.Receives ? Queue : null,
            Capabilities = capabilities ?? new QueuePairCapabilities(),
        });
        queuePair.Context.State = state;
        return queuePair;
    }

    public void Dispose() => Device.Dispose();
}
