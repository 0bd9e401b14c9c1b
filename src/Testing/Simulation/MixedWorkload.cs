using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Two devices that send each other every operation of a reliable connection in random order and size, with every byte, every completion
/// and every atomic checked against a model that shares nothing with the transport. Works on any pair of devices.
/// </summary>
public sealed class MixedWorkload
{
    private const ulong FirstAddress = 0x7000_0000_0000;
    private const int PollBatch = 16;

    private readonly WorkloadSettings _settings;
    private readonly SplitMix _random;
    private readonly List<WorkloadEnd> _ends = [];
    private readonly CompletionQueue _leftCq;
    private readonly CompletionQueue _rightCq;
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
        var depth = settings.Capabilities.MaxSendWorkRequests + settings.Capabilities.MaxReceiveWorkRequests;
        var capacity = 4 * settings.Connections * depth;
        _leftCq = left.CreateCompletionQueue(capacity);
        _rightCq = right.CreateCompletionQueue(capacity);
        for (var i = 0; i < settings.Connections; i++) Connect(left, right);
    }

    /// <summary>How far it is, for a report about one that hangs.</summary>
    public string Progress => string.Join("; ", _ends.Select(e => e.Sends.Progress));

    /// <summary>Send and receive work requests of the whole run.</summary>
    public int WorkRequests => 2 * _settings.Connections * _settings.OperationsPerDirection;

    /// <summary>Takes completions and posts more.</summary>
    /// <returns>Whether everything has completed.</returns>
    /// <exception cref="SimulationFailureException">A completion is wrong, or what it promises is.</exception>
    public bool Step()
    {
        Poll(_leftCq, 0);
        Poll(_rightCq, 1);
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
        Poll(_leftCq, 0);
        Poll(_rightCq, 1);
        foreach (var end in _ends)
        {
            var mismatch = end.Memory.FindMismatch();
            if (mismatch >= 0)
                throw new SimulationFailureException($"byte {mismatch} of the memory of {end.QueuePair.Number:x} is not what it must be");
        }
    }

    private void Connect(RdmaDevice left, RdmaDevice right)
    {
        var (leftEnd, rightEnd) = (CreateEnd(left, _leftCq), CreateEnd(right, _rightCq));
        leftEnd.QueuePair.ConnectTo(rightEnd.QueuePair.LocalEndpoint, _settings.Connect);
        rightEnd.QueuePair.ConnectTo(leftEnd.QueuePair.LocalEndpoint, _settings.Connect);
        Plan(leftEnd, rightEnd);
        Plan(rightEnd, leftEnd);
        foreach (var end in (ReadOnlySpan<WorkloadEnd>)[leftEnd, rightEnd])
            end.Memory.Register(end.QueuePair.ProtectionDomain, FirstAddress + (((ulong)_random.Next() >> 40) << 12));
        _ends.Add(leftEnd);
        _ends.Add(rightEnd);
    }

    private void Plan(WorkloadEnd requester, WorkloadEnd responder)
    {
        var plan = new WorkloadPlan(_settings, _random, requester.Memory, responder.Memory).Draw(_settings.OperationsPerDirection);
        requester.Sends = responder.Receives = new WorkloadDirection(plan, new SplitMix(_random.Next()), requester, responder);
    }

    private WorkloadEnd CreateEnd(RdmaDevice device, CompletionQueue cq)
    {
        var queuePair = device.CreateProtectionDomain().CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = cq, ReceiveCompletionQueue = cq, Capabilities = _settings.Capabilities,
        });
        return new WorkloadEnd(queuePair, new WorkloadMemory(_random.Next()));
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
        WorkloadEnd? found = null;
        for (var i = side; i < _ends.Count; i += 2)
        {
            if (_ends[i].QueuePair.Number == completion.QueuePairNumber) found = _ends[i];
        }

        if (found is null) throw new SimulationFailureException($"completion of the unknown queue pair {completion.QueuePairNumber:x}");
        // A receive has bit 7 of the opcode set; an error leaves it undefined and is reported by either.
        if ((completion.Opcode & WorkCompletionOpcode.Receive) != 0) found.Receives.CompleteReceive(completion);
        else found.Sends.CompleteSend(completion);
    }
}
