using System.Net;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>One end of a scene: a device of bare machines, its queue pairs, its memory and its books.</summary>
internal sealed class SceneEnd
{
    /// <summary>The Q_Key of both ends.</summary>
    public const uint QueueKey = 0x1D1D;

    private static readonly Gid[] Gids = [Gid.FromIPAddress(IPAddress.Parse("192.0.2.1")), Gid.FromIPAddress(IPAddress.Parse("192.0.2.2"))];

    private readonly SceneSettings _settings;
    private readonly MachineCanary _canary;
    private readonly CompletionQueue _queue;
    private readonly WorkCompletion[] _polled = new WorkCompletion[16];
    private readonly SharedReceiveQueue[] _pools = [];
    private readonly ProtectionDomain _domain;
    private readonly QueuePairWitness _sending;
    private readonly QueuePairWitness _receiving;

    public SceneEnd(int side, SceneSettings settings, VirtualTimeProvider time, SimulatedFrames frames, FrameDeparture departure,
        MemoryArena arena, MachineCanary canary)
    {
        (_settings, _canary) = (settings, canary);
        Gid = Gids[side];
        Node = new SimulatedNode(time, frames, departure, Gid, new SplitMix((ulong)side))
        {
            Options = settings.Machine, InitialPsn = settings.InitialPsn,
        };
        _domain = Node.Device.CreateProtectionDomain();
        _queue = Node.Device.CreateCompletionQueue(settings.CompletionCapacity);
        var xrc = settings.IsExtended ? Node.Device.OpenXrcDomain() : null;
        if (settings.SharesReceives) _pools = [.. Enumerable.Range(0, xrc is null ? 1 : 2).Select(_ => CreatePool(xrc))];
        Sender = CreateSender();
        Receiver = xrc?.CreateQueuePair(new QueuePairInitAttributes { Type = QueuePairType.XrcTarget }) ?? Sender;
        Memory = new EndMemory(arena, _domain, Node.Device.CreateProtectionDomain(), settings.AddressesFromZero);
        _sending = Watch(Sender, settings.Tracing.Observes(side));
        _receiving = Receiver == Sender ? _sending : Watch(Receiver, settings.Tracing.Observes(side));
    }

    public SimulatedNode Node { get; }

    public Gid Gid { get; }

    public QueuePair Sender { get; }

    public QueuePair Receiver { get; }

    public EndMemory Memory { get; }

    public WorkLedger Ledger { get; } = new();

    /// <summary>The way to the other end, for datagrams.</summary>
    public AddressHandle? Way { get; private set; }

    private IEnumerable<QueuePairWitness> Witnesses => _receiving == _sending ? [_sending] : [_sending, _receiving];

    public bool IsInError => Sender.State == QueuePairState.Error || Receiver.State == QueuePairState.Error;

    public int Completions => _queue.IsOverrun ? -1 : _queue.Count;

    public uint PoolNumber(int choice) => _pools.Length < 2 ? 0 : choice switch
    {
        < 200 => _pools[choice & 1].Number, < 240 => (uint)choice, _ => 0xFFFFFF,
    };

    public void Connect(SceneEnd peer)
    {
        if (_settings.IsDatagram)
        {
            Sender.Activate(QueueKey);
            Way ??= _domain.CreateAddressHandle(new AddressVector { DestinationGid = peer.Gid });
            return;
        }

        foreach (var witness in Witnesses) witness.Agree();
        Sender.ConnectTo(peer.Receiver.LocalEndpoint, _settings.Connect);
        if (Receiver != Sender) Receiver.ConnectTo(peer.Sender.LocalEndpoint, _settings.Connect);
    }

    /// <summary>Takes both queue pairs to RESET; what is in the completion queue was taken before.</summary>
    public void Reset()
    {
        Poll();
        Sender.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        if (Receiver != Sender) Receiver.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        Ledger.Reset();
        foreach (var witness in Witnesses) witness.Restart();
    }

    /// <summary>A send work request was taken.</summary>
    public void Posted(in SendWorkRequest request)
    {
        Ledger.PostedSend(request.WorkRequestId, _settings.SignalAll || (request.Flags & SendFlags.Signaled) != 0);
        _sending.Posted(request.Opcode);
    }

    /// <summary>Somebody begins to listen to what becomes of messages, or stops.</summary>
    public void Listen(bool listens)
    {
        foreach (var witness in Witnesses) witness.Listen(listens);
    }

    /// <summary>A packet comes next that has a context with it, or none.</summary>
    public void Expect(bool hasContext)
    {
        foreach (var witness in Witnesses) witness.Expect(hasContext);
    }

    /// <summary>A packet leaves.</summary>
    public void Left(ReadOnlySpan<byte> transport) =>
        (OpcodeTraits.Of((Opcode)transport[0]).IsRequest ? _sending : _receiving).Left(transport);

    public void Poll()
    {
        foreach (var witness in Witnesses) witness.CheckHolds(Node.Now);
        try
        {
            for (int count; (count = _queue.Poll(_polled)) != 0;)
            {
                foreach (ref readonly var completion in _polled.AsSpan(0, count)) Complete(completion);
            }
        }
        catch (RdmaException overrun) when (overrun.Errno == VerbsErrno.EOVERFLOW)
        {
            // What the queue lost is not in the books; from now on nothing can be said about it.
        }
    }

    public void PostReceive(ref RecordReader choices)
    {
        var entries = new ScatterGatherEntry[choices.Below(4)];
        for (var i = 0; i < entries.Length; i++)
        {
            // Mostly the sink; sometimes what cannot be written.
            var choice = choices.Byte();
            entries[i] = Memory.Entry(choice < 160 ? 12 : choice, (uint)(choices.Byte() * 16), Size(ref choices));
        }

        if (_pools.Length == 0)
        {
            var id = Ledger.NextReceive;
            if (Receiver.TryPostReceive(new ReceiveWorkRequest { WorkRequestId = id, Entries = entries })) Ledger.PostedReceive(id);
            return;
        }

        var shared = Ledger.NextShared;
        var request = new ReceiveWorkRequest { WorkRequestId = shared, Entries = entries };
        if (_pools[choices.Below(_pools.Length)].TryPostReceive(request)) Ledger.PostedShared(shared);
    }

    /// <summary>A length that is telling for the path MTU.</summary>
    public uint Size(ref RecordReader choices)
    {
        var (choice, mtu) = (choices.Below(16), _settings.Mtu);
        return (uint)(choice switch
        {
            0 => 0, 1 => 1, 2 => 8, 3 => 64, 4 => mtu - 1, 5 => mtu, 6 => mtu + 1, 7 => 2 * mtu, 8 => (3 * mtu) + 5, 9 => 4 * mtu,
            10 => MemoryArena.AreaLength, 11 => 40, _ => choices.Byte() * 4,
        });
    }

    /// <summary>Takes everything to ERR and checks that nothing is outstanding.</summary>
    public void FlushAndCheck(Action pump)
    {
        var isReset = Sender.State == QueuePairState.Reset;
        if (!isReset) Sender.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        if (Receiver != Sender && Receiver.State != QueuePairState.Reset)
            Receiver.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        pump();
        Poll();
        var ring = Sender.Context.SendRing;
        if (ring.Retired != ring.Tail) throw new FuzzFailureException($"{ring.Tail - ring.Retired} sends are left after the flush");
        foreach (var witness in Witnesses) witness.Check();
        if (_queue.IsOverrun) return;
        Ledger.CheckNothingIsLeft(_pools.Sum(pool => pool.Count));
    }

    private void Complete(in WorkCompletion completion)
    {
        if (_canary == MachineCanary.LosesCompletions && completion.IsSuccess) return;
        Ledger.Complete(completion);
        if (_canary == MachineCanary.DoublesCompletions && completion.IsSuccess) Ledger.Complete(completion);
    }

    private QueuePairWitness Watch(QueuePair queuePair, bool listens) =>
        new(Node.Find(queuePair.Number)!.Machine, queuePair.Context, _settings.Tracing, listens);

    private QueuePair CreateSender() => _domain.CreateQueuePair(new QueuePairInitAttributes
    {
        Type = _settings.Type, SendCompletionQueue = _queue, ReceiveCompletionQueue = _settings.IsExtended ? null : _queue,
        SharedReceiveQueue = _settings.IsExtended || _pools.Length == 0 ? null : _pools[0],
        Capabilities = _settings.Capabilities, SignalAll = _settings.SignalAll,
    });

    private SharedReceiveQueue CreatePool(XrcDomain? xrc) => _domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes
    {
        Type = xrc is null ? SharedReceiveQueueType.Basic : SharedReceiveQueueType.Xrc, XrcDomain = xrc,
        CompletionQueue = xrc is null ? null : _queue, MaxWorkRequests = _settings.Capabilities.MaxReceiveWorkRequests,
        Limit = Math.Min(_settings.SharedReceiveLimit, _settings.Capabilities.MaxReceiveWorkRequests),
    });
}
