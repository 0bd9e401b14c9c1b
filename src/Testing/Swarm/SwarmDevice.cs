using RdmaPipeline.Testing.Model;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>One device of a swarm: what its ends share, and where their completions come in.</summary>
internal sealed class SwarmDevice
{
    /// <summary>All that a peer can be allowed.</summary>
    public const AccessFlags Remote = AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private const int QueueLength = 4096;
    private const int Words = 4;
    private const int PollBatch = 16;

    private readonly WorkCompletion[] _polled = new WorkCompletion[PollBatch];
    private readonly Dictionary<uint, SwarmEnd> _ends = [];
    private readonly CompletionQueue _sends;
    private readonly CompletionQueue _receives;
    private ulong _nextAddress = 0x7000_0000_0000;

    public SwarmDevice(RdmaDevice device, SwarmPlan plan, SplitMix random)
    {
        (Device, Plan, Random) = (device, plan, random);
        Model = new ModelDevice(device.Name);
        Domain = device.CreateProtectionDomain();
        _sends = device.CreateCompletionQueue(QueueLength);
        _receives = random.Chance(50) ? _sends : device.CreateCompletionQueue(QueueLength);
        Target = new SwarmArena(this, 3, plan.LargestMessage, AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind | Remote);
        Atomics = new SwarmArena(this, Words, sizeof(ulong), AccessFlags.LocalWrite | AccessFlags.RemoteAtomic);
        ReadOnly = new SwarmArena(this, 1, plan.LargestMessage, AccessFlags.RemoteRead);
    }

    public RdmaDevice Device { get; }

    public SwarmPlan Plan { get; }

    public SplitMix Random { get; }

    public ModelDevice Model { get; }

    public ProtectionDomain Domain { get; }

    /// <summary>Memory that peers write to and read from, all of them the same.</summary>
    public SwarmArena Target { get; }

    /// <summary>Words for atomics, of all peers.</summary>
    public SwarmArena Atomics { get; }

    /// <summary>Memory that peers may only read.</summary>
    public SwarmArena ReadOnly { get; }

    /// <summary>Memory that a faulty program deregisters while its peers use it; null where it has none now.</summary>
    public SwarmArena? Passing { get; private set; }

    /// <summary>Shared receive queues: the first for reliable connections, the others of XRC.</summary>
    public List<SwarmPool> Pools { get; } = [];

    public CompletionQueue SendQueue => _sends;

    public CompletionQueue ReceiveQueue => _receives;

    public IEnumerable<SwarmEnd> Ends => _ends.Values.Distinct();

    private XrcDomain? _extended;

    public XrcDomain Extended => _extended ??= Device.OpenXrcDomain();

    /// <summary>Addresses that do not depend on where the memory happens to lie.</summary>
    public ulong NextAddress(int length)
    {
        var address = _nextAddress;
        _nextAddress += ((ulong)length + 0x1FFF) & ~0xFFFUL;
        return address;
    }

    public void Add(SwarmEnd end)
    {
        _ends[end.Sender.QueuePair.Number] = end;
        _ends[end.Receiver.QueuePair.Number] = end;
    }

    /// <summary>The pool of a kind.</summary>
    public SwarmPool Pool(bool isExtended)
    {
        if (Pools.Find(pool => pool.IsExtended == isExtended) is { } there) return there;
        Pools.Add(new SwarmPool(this, isExtended));
        return Pools[^1];
    }

    /// <summary>Registers or deregisters the memory that passes, as chance will have it.</summary>
    public void Step()
    {
        if (!Random.Chance(Plan.Mischief / 4)) return;
        if (Passing is not { } passing)
        {
            Passing = new SwarmArena(this, 1, Plan.LargestMessage, AccessFlags.LocalWrite | Remote);
            return;
        }

        Passing = null;
        passing.Key.BeginEnd();
        passing.Region.Dispose();
        passing.Key.End();
        // Whoever writes there now is found out (R-VERB-3).
        passing.Fill(0, passing.Length);
    }

    /// <summary>Takes all completions and events that there are.</summary>
    public void Poll()
    {
        Poll(_sends);
        if (_receives != _sends) Poll(_receives);
        while (Device.AsyncEvents.TryRead(out var happened))
        {
            if (happened.QueuePair is { } queuePair && _ends.TryGetValue(queuePair.Number, out var end)) end.Happened(happened);
            else if (happened.Type is AsyncEventType.DeviceFatal or AsyncEventType.CompletionQueueError)
                throw new ModelViolationException($"{Device.Name} says {happened.Type}");
        }
    }

    private void Poll(CompletionQueue queue)
    {
        for (int count; (count = queue.Poll(_polled)) != 0;)
        {
            foreach (ref readonly var completion in _polled.AsSpan(0, count))
            {
                if (!_ends.TryGetValue(completion.QueuePairNumber, out var end))
                    throw new ModelViolationException($"completion of the unknown queue pair {completion.QueuePairNumber:x}");
                // Numbers of work requests tell the queues apart: the opcode of an error is undefined.
                if ((completion.WorkRequestId & SwarmEnd.ReceiveBit) != 0) end.CompleteReceive(completion);
                else end.CompleteSend(completion);
            }
        }
    }
}
