using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>The verbs of a stream: a queue pair, its completion queue and its memory, all of the stream's own.</summary>
internal sealed class StreamQueuePair : IDisposable
{
    /// <summary>Messages without data that may be under way.</summary>
    private const int ControlMessages = 1;

    private const ulong KindMask = 3;
    private const int SlotShift = 2;

    private readonly RdmaStreamOptions _options;
    private readonly ProtectionDomain _domain;
    private readonly List<MemoryRegion> _regions = [];
    private readonly QueuePair _pair;

    /// <summary>Makes the queue pair and posts its receives: from then on the peer may connect.</summary>
    public StreamQueuePair(RdmaDevice device, RdmaStreamOptions options)
    {
        _options = options with { Connect = options.Connect with { Access = AccessFlags.LocalWrite } };
        _domain = device.CreateProtectionDomain();
        try
        {
            int sends = options.SendBuffers + ControlMessages;
            Completions = device.CreateCompletionQueue(sends + options.ReceiveBuffers);
            Received = new ReceiveSlots(
                Allocate(options.ReceiveBuffers, options.BufferBytes), options.ReceiveBuffers, options.BufferBytes);
            _pair = _domain.CreateQueuePair(new QueuePairInitAttributes
            {
                SendCompletionQueue = Completions,
                ReceiveCompletionQueue = Completions,
                SignalAll = true,
                Capabilities = new QueuePairCapabilities
                {
                    MaxSendWorkRequests = sends, MaxReceiveWorkRequests = options.ReceiveBuffers, MaxSendEntries = 1, MaxReceiveEntries = 1,
                    MaxInlineData = 0,
                },
            });
            _pair.Initialize(_options.Connect);
            for (int slot = 0; slot < options.ReceiveBuffers; slot++)
                PostReceive(slot);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public CompletionQueue Completions { get; }

    public ReceiveSlots Received { get; }

    public RdmaStreamOptions Options => _options;

    /// <summary>What the peer has to know.</summary>
    public RdmaStreamOffer Offer => new(
        _options.Connect.SourceGidIndex is { } gid ? _pair.GetLocalEndpoint(gid, _options.Connect.Port) : _pair.LocalEndpoint,
        _options.ReceiveBuffers, _options.BufferBytes);

    /// <summary>Connects, and makes the buffers to send from.</summary>
    public SendSlots Connect(RdmaStreamOffer peer)
    {
        int size = Math.Min(_options.BufferBytes, peer.BufferBytes);
        var sends = new SendSlots(Allocate(_options.SendBuffers, size), _options.SendBuffers, size);
        _pair.ConnectTo(peer.Endpoint, _options.Connect);
        return sends;
    }

    public void PostReceive(int slot) => _pair.PostReceive(new ReceiveWorkRequest
    {
        WorkRequestId = Id(StreamWork.Receive, slot), Entry = Received.Entry(slot),
    });

    public void SendData(in ScatterGatherEntry data, StreamHeader header) => _pair.PostSend(new SendWorkRequest
    {
        WorkRequestId = Id(StreamWork.Data), Opcode = SendOpcode.SendWithImmediate, Entry = data, Immediate = header.ToImmediate(),
    });

    public void SendControl(StreamHeader header) => _pair.PostSend(new SendWorkRequest
    {
        WorkRequestId = Id(StreamWork.Control), Opcode = SendOpcode.SendWithImmediate, Immediate = header.ToImmediate(),
    });

    /// <summary>What has completed, and for a receive its buffer.</summary>
    public static (StreamWork Work, int Slot) WorkOf(in WorkCompletion completion) =>
        ((StreamWork)(completion.WorkRequestId & KindMask), (int)(completion.WorkRequestId >> SlotShift));

    public void Dispose()
    {
        _pair?.Dispose();
        Completions?.Dispose();
        foreach (var region in _regions)
            region.Dispose();
        _domain.Dispose();
    }

    private MemoryRegion Allocate(int buffers, int bytes)
    {
        var region = _domain.AllocateMemory(checked(buffers * bytes));
        _regions.Add(region);
        return region;
    }

    private static ulong Id(StreamWork work, int slot = 0) => (ulong)work | ((ulong)slot << SlotShift);
}
