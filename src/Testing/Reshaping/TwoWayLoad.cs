using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>
/// RC, UC and UD both ways between two devices at once, moved by the one thread that calls <see cref="Pump"/>.
/// </summary>
internal sealed class TwoWayLoad : IDisposable
{
    /// <summary>Messages on their way for each direction of each queue pair, at most.</summary>
    public const int Window = 16;

    private const uint QueueKey = 0x1234;

    // Patient: what a machine without a free processor does is no loss.
    private static readonly ConnectOptions Patient = new() { Timeout = 20 };

    private readonly WorkCompletion[] _done = new WorkCompletion[64];
    private readonly Side _a;
    private readonly Side _b;
    private readonly List<(QueuePair A, QueuePair B, LoadFlow There, LoadFlow Back)> _pairs = [];

    /// <summary>Connects the queue pairs.</summary>
    /// <param name="a">A device.</param>
    /// <param name="b">Another that it can reach.</param>
    /// <param name="services">The services to use.</param>
    public TwoWayLoad(RdmaDevice a, RdmaDevice b, params ReadOnlySpan<QueuePairType> services)
    {
        (_a, _b) = (new Side(a), new Side(b));
        foreach (var service in services)
            Add(service);
    }

    /// <summary>What has become of the messages so far.</summary>
    public LoadFigures Figures => Flows.Aggregate(default(LoadFigures), (sum, flow) => sum + flow.Figures);

    /// <summary>What has become of those of one service.</summary>
    public LoadFigures FiguresOf(QueuePairType service) => _pairs.Where(pair => pair.A.Type == service)
        .Aggregate(default(LoadFigures), (sum, pair) => sum + pair.There.Figures + pair.Back.Figures);

    /// <summary>Limits the messages of unreliable datagrams that are on their way, 1 to <see cref="Window"/> in each direction.</summary>
    public void AllowDatagrams(int messages)
    {
        foreach (var (_, _, there, back) in _pairs.Where(pair => pair.A.Type == QueuePairType.UnreliableDatagram))
            (there.Allowed, back.Allowed) = (messages, messages);
    }

    /// <summary>Nothing is on its way.</summary>
    public bool IsSettled => Flows.All(flow => flow.IsSettled);

    /// <summary>Everything posted has completed.</summary>
    public bool IsSent => Flows.All(flow => flow.IsSent);

    private IEnumerable<LoadFlow> Flows => _pairs.SelectMany(pair => new[] { pair.There, pair.Back });

    /// <summary>One round: posts what the windows allow, if wanted, and takes what has completed.</summary>
    /// <returns>Whether anything was done.</returns>
    public bool Pump(bool post)
    {
        bool worked = false;
        if (post)
        {
            foreach (var (_, _, there, back) in _pairs)
                worked |= there.Post() | back.Post();
        }
        return Take(_a) | Take(_b) | worked;
    }

    /// <summary>Gives up what has not come.</summary>
    public void GiveUp()
    {
        foreach (var flow in Flows)
            flow.GiveUp();
    }

    public void Dispose()
    {
        foreach (var (a, b, there, back) in _pairs)
        {
            a.Dispose();
            b.Dispose();
            there.Dispose();
            back.Dispose();
        }
        _a.Dispose();
        _b.Dispose();
    }

    private void Add(QueuePairType service)
    {
        var (a, b) = (_a.Create(service), _b.Create(service));
        if (service == QueuePairType.UnreliableDatagram)
        {
            a.Activate(QueueKey);
            b.Activate(QueueKey);
        }
        else
        {
            a.ConnectTo(b.LocalEndpoint, Patient);
            b.ConnectTo(a.LocalEndpoint, Patient);
        }
        int size = service == QueuePairType.UnreliableDatagram ? 900 : 5000;
        var there = new LoadFlow(a, b, _a.Domain, _b.Domain, size, Window);
        var back = new LoadFlow(b, a, _b.Domain, _a.Domain, size, Window);
        (_a.Sends[a.Number], _b.Receives[b.Number]) = (there, there);
        (_b.Sends[b.Number], _a.Receives[a.Number]) = (back, back);
        _pairs.Add((a, b, there, back));
    }

    private bool Take(Side side)
    {
        int sent = side.SendQueue.Poll(_done);
        for (int i = 0; i < sent; i++)
            side.Sends[_done[i].QueuePairNumber].TakeSent(_done[i]);
        int received = side.ReceiveQueue.Poll(_done);
        for (int i = 0; i < received; i++)
            side.Receives[_done[i].QueuePairNumber].TakeReceived(_done[i]);
        return sent + received > 0;
    }

    private sealed class Side(RdmaDevice device) : IDisposable
    {
        public ProtectionDomain Domain { get; } = device.CreateProtectionDomain();

        public CompletionQueue SendQueue { get; } = device.CreateCompletionQueue(1024);

        public CompletionQueue ReceiveQueue { get; } = device.CreateCompletionQueue(1024);

        public Dictionary<uint, LoadFlow> Sends { get; } = [];

        public Dictionary<uint, LoadFlow> Receives { get; } = [];

        public QueuePair Create(QueuePairType service) => Domain.CreateQueuePair(new()
        {
            Type = service, SendCompletionQueue = SendQueue, ReceiveCompletionQueue = ReceiveQueue,
            Capabilities = new QueuePairCapabilities { MaxSendWorkRequests = 2 * Window, MaxReceiveWorkRequests = 64 },
        });

        public void Dispose()
        {
            SendQueue.Dispose();
            ReceiveQueue.Dispose();
            Domain.Dispose();
        }
    }
}
