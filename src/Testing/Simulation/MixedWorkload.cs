using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Two devices that send each other every operation of a reliable connection, or of XRC, in random order and size, with every byte, every
/// completion and every atomic checked against a model that shares nothing with the transport. Works on any pair of devices.
/// </summary>
public sealed class MixedWorkload
{
    private const ulong FirstAddress = 0x7000_0000_0000;
    private const int PollBatch = 16;

    private readonly WorkloadSettings _settings;
    private readonly SplitMix _random;
    private readonly List<WorkloadEnd> _ends = [];
    private readonly WorkloadSide _left;
    private readonly WorkloadSide _right;
    private readonly WorkCompletion[] _polled = new WorkCompletion[PollBatch];

    /// <summary>Makes and connects the queue pairs.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="left">A device.</param>
    /// <param name="right">A device that it can reach; may be the same.</param>
    public MixedWorkload(WorkloadSettings settings, RdmaDevice left, RdmaDevice right)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        (_settings, _random) = (settings, new SplitMix(settings.Seed));
        (_left, _right) = (new WorkloadSide(settings, left, _random), new WorkloadSide(settings, right, _random));
        for (var i = 0; i < settings.Connections; i++) Connect();
    }

    /// <summary>Where its receives are posted, and by which service they are reached.</summary>
    public WorkloadReceives Receives => _settings.Receives;

    /// <summary>How far it is, for a report about one that hangs.</summary>
    public string Progress => string.Join("; ", _ends.Select(e => e.Sends.Progress));

    /// <summary>Send and receive work requests of the whole run.</summary>
    public int WorkRequests => 2 * _settings.Connections * _settings.OperationsPerDirection;

    /// <summary>Takes completions and posts more.</summary>
    /// <returns>Whether everything has completed.</returns>
    /// <exception cref="SimulationFailureException">A completion is wrong, or what it promises is.</exception>
    public bool Step()
    {
        Poll(_left.Queue, 0);
        Poll(_right.Queue, 1);
        var done = true;
        foreach (var end in _ends)
        {
            if (end.Sends.IsDone) continue;
            done = false;
            end.Sends.Post();
        }

        return done;
    }

    /// <summary>Checks every byte of all memory, used or not.</summary>
    /// <exception cref="SimulationFailureException">A byte is wrong.</exception>
    public void Verify()
    {
        Poll(_left.Queue, 0);
        Poll(_right.Queue, 1);
        foreach (var end in _ends) Verify(end.Memory, $"the memory of {end.Sender.Number:x}");
        foreach (var pool in _left.Pools.Concat(_right.Pools)) Verify(pool.Memory, "the memory of a shared receive queue");
    }

    private static void Verify(WorkloadMemory memory, string whose)
    {
        var mismatch = memory.FindMismatch();
        if (mismatch >= 0) throw new SimulationFailureException($"byte {mismatch} of {whose} is not what it must be");
    }

    private void Connect()
    {
        var (leftEnd, rightEnd) = (_left.CreateEnd(), _right.CreateEnd());
        Connect(leftEnd.Sender, rightEnd.Receiver);
        if (leftEnd.Receiver != leftEnd.Sender) Connect(rightEnd.Sender, leftEnd.Receiver);
        Plan(leftEnd, rightEnd);
        Plan(rightEnd, leftEnd);
        foreach (var end in (ReadOnlySpan<WorkloadEnd>)[leftEnd, rightEnd])
            end.Memory.Register(end.Domain, FirstAddress + (((ulong)_random.Next() >> 40) << 12));
        _ends.Add(leftEnd);
        _ends.Add(rightEnd);
    }

    private void Connect(QueuePair one, QueuePair other)
    {
        one.ConnectTo(other.LocalEndpoint, _settings.Connect);
        other.ConnectTo(one.LocalEndpoint, _settings.Connect);
    }

    private void Plan(WorkloadEnd requester, WorkloadEnd responder)
    {
        var plan = new WorkloadPlan(_settings, _random, requester.Memory, responder).Draw(_settings.OperationsPerDirection);
        requester.Sends = responder.Receives = new WorkloadDirection(plan, new SplitMix(_random.Next()), requester, responder);
    }

    private void Poll(CompletionQueue cq, int side)
    {
        for (int count; (count = cq.Poll(_polled)) != 0;)
        {
            foreach (ref readonly var completion in _polled.AsSpan(0, count)) Dispatch(completion, side);
        }
    }

    private void Dispatch(in WorkCompletion completion, int side)
    {
        // A receive has bit 7 of the opcode set; an error leaves it undefined and is reported by either.
        var isReceive = (completion.Opcode & WorkCompletionOpcode.Receive) != 0;
        WorkloadEnd? found = null;
        for (var i = side; i < _ends.Count; i += 2)
        {
            var queuePair = isReceive ? _ends[i].Receiver : _ends[i].Sender;
            if (queuePair.Number == completion.QueuePairNumber) found = _ends[i];
        }

        if (found is null) throw new SimulationFailureException($"completion of the unknown queue pair {completion.QueuePairNumber:x}");
        if (isReceive) found.Receives.CompleteReceive(completion);
        else found.Sends.CompleteSend(completion);
    }
}
