using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests;

/// <summary>A device with its ends, all on one completion queue that one thread polls.</summary>
internal sealed class LoadSide : IDisposable
{
    private const int Batch = 256;

    private readonly LoadSettings _settings;
    private readonly bool _ownsDevice;
    private readonly LoadMemory _memory;
    private readonly CompletionQueue _queue;
    private readonly WorkCompletion[] _batch = new WorkCompletion[Batch];

    public LoadSide(string uri, LoadSettings settings, bool isFirst, DeviceOptions? options = null)
        : this(RdmaPipelineDevice.Open(uri, options ?? new DeviceOptions()), settings, isFirst) => _ownsDevice = true;

    /// <summary>A side on a device that lives on after it.</summary>
    public LoadSide(RdmaDevice device, LoadSettings settings, bool isFirst)
    {
        _settings = settings;
        Device = device;
        Domain = device.CreateProtectionDomain();
        _memory = new LoadMemory(Domain, settings.QueuePairs, settings.MaxMessage);
        _queue = device.CreateCompletionQueue(settings.QueuePairs * (LoadMemory.Receives + 1));
        Ends = [.. Enumerable.Range(0, settings.QueuePairs).Select(index => Make(index, isFirst))];
    }

    public RdmaDevice Device { get; }

    public ProtectionDomain Domain { get; }

    public IReadOnlyList<LoadEnd> Ends { get; }

    public LoadFigures Figures { get; } = new();

    /// <summary>Whether an end that has finished a step begins the next.</summary>
    public bool GoesOn { get; set; }

    public int Outstanding => Ends.Sum(end => end.Outstanding);

    public bool IsIdle => Ends.All(end => !end.IsBusy);

    public int BrokenGuards => _memory.CountBrokenGuards();

    public void Connect(IReadOnlyList<LoadPeer> peers, ConnectOptions options)
    {
        for (int i = 0; i < Ends.Count; i++)
            Ends[i].Connect(peers[i], _settings.MaxMessage, options);
    }

    public void Start()
    {
        GoesOn = true;
        foreach (var end in Ends)
            end.Start();
    }

    /// <summary>Takes what completed.</summary>
    /// <returns>Completions.</returns>
    public int Poll()
    {
        int count = _queue.Poll(_batch);
        foreach (ref readonly var completion in _batch.AsSpan(0, count))
        {
            var end = Ends[LoadEnd.IndexOf(completion)];
            end.Handle(completion, _settings.MaxMessage);
            if (GoesOn && !end.IsBusy && !end.HasFailed)
                end.Start();
        }
        return count;
    }

    public void Dispose()
    {
        foreach (var end in Ends)
            end.QueuePair.Dispose();
        _queue.Dispose();
        _memory.Dispose();
        Domain.Dispose();
        if (_ownsDevice)
            Device.Dispose();
    }

    private LoadEnd Make(int index, bool isFirst)
    {
        var queuePair = Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = _queue,
            ReceiveCompletionQueue = _queue,
            Capabilities = new QueuePairCapabilities
            {
                MaxSendWorkRequests = 4, MaxReceiveWorkRequests = LoadMemory.Receives, MaxSendEntries = 1, MaxReceiveEntries = 1,
                MaxInlineData = 0,
            },
        });
        return new LoadEnd(queuePair, _memory, Figures, _settings, index, isFirst);
    }
}
