using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>One end of a measured connection.</summary>
internal sealed class RcEnd : IDisposable
{
    private readonly WorkCompletion[] _completions = new WorkCompletion[32];

    public RcEnd(string uri, DeviceOptions options, int regionLength, int queueDepth)
    {
        Device = RdmaPipelineDevice.Open(uri, options);
        var domain = Device.CreateProtectionDomain();
        Region = domain.AllocateMemory(regionLength, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        Completions = Device.CreateCompletionQueue(2 * queueDepth);
        QueuePair = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = Completions,
            ReceiveCompletionQueue = Completions,
            Capabilities = new QueuePairCapabilities { MaxSendWorkRequests = queueDepth, MaxReceiveWorkRequests = queueDepth },
        });
    }

    public RdmaDevice Device { get; }

    public MemoryRegion Region { get; }

    public CompletionQueue Completions { get; }

    public QueuePair QueuePair { get; }

    /// <summary>Polls once; a completion that is not a success ends the benchmark.</summary>
    /// <returns>How many completions were there.</returns>
    public ReadOnlySpan<WorkCompletion> Poll()
    {
        var found = _completions.AsSpan(0, Completions.Poll(_completions));
        foreach (ref readonly var completion in found)
        {
            if (completion.Status != WorkCompletionStatus.Success)
                throw new InvalidOperationException($"{completion.Opcode} ended with {completion.Status}.");
        }

        return found;
    }

    public void Dispose() => Device.Dispose();
}
