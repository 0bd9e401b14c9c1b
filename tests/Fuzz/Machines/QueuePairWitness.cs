using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>What one queue pair does, as seen from outside, against what its machine counts and tells of it.</summary>
internal sealed class QueuePairWitness
{
    private static readonly SendHold[] Holds = [.. Enum.GetValues<SendHold>().Where(hold => hold != SendHold.None)];

    private readonly QueuePairMachine _machine;
    private readonly EndObserver _observer;
    private readonly TraceSettings _settings;
    private readonly DepartureCounts _departures = new();
    private readonly long[] _posted = new long[OperationIndex.Count];
    private readonly long[] _held = new long[(int)SendHold.Fence + 1];

    public QueuePairWitness(QueuePairMachine machine, QueuePairContext context, TraceSettings settings, bool listens)
    {
        (_machine, _settings) = (machine, settings);
        _observer = new EndObserver(machine, context, settings);
        _observer.Listen(listens, isFirst: true);
    }

    /// <summary>Somebody begins to listen who has not from the start, or stops.</summary>
    public void Listen(bool listens) => _observer.Listen(listens);

    /// <summary>The packet that comes next has a context with it, or none.</summary>
    public void Expect(bool hasContext) => _machine.Tracing.HasContext = hasContext;

    /// <summary>The ends have agreed on what is in front of SENDs.</summary>
    public void Agree() => _machine.Tracing.UsePrefix(_settings.UsesPrefix);

    public void Posted(SendOpcode opcode) => _posted[OperationIndex.Of(opcode)]++;

    /// <summary>The queue pair was reset: what was posted is gone.</summary>
    public void Restart()
    {
        for (var operation = 0; operation < _posted.Length; operation++) _posted[operation] = CountEnds(operation);
        _observer.Restart();
    }

    /// <summary>A packet leaves.</summary>
    public void Left(ReadOnlySpan<byte> transport)
    {
        _departures.Count(transport);
        _observer.Left(transport);
    }

    /// <summary>No time is counted twice, or taken back.</summary>
    public void CheckHolds(Instant now)
    {
        foreach (var hold in Holds)
        {
            var held = _machine.HeldNanoseconds(hold, now);
            if (held < _held[(int)hold]) throw new FuzzFailureException($"held up by {hold} for {held} ns, before for {_held[(int)hold]}");
            _held[(int)hold] = held;
        }

        if (_held.Sum() > now.Nanoseconds) throw new FuzzFailureException($"held up for {_held.Sum()} ns by {now}");
    }

    /// <summary>After the flush: all that was posted has ended, by operation, and what was counted is what was seen.</summary>
    public void Check()
    {
        var counters = _machine.Counters;
        for (var operation = 0; operation < OperationIndex.Receive; operation++)
        {
            DepartureCounts.Compare($"ends of operation {operation}", CountEnds(operation), _posted[operation]);
            var (begun, done) = (counters.WorkRequests[operation], counters.Successes[operation]);
            if (begun < done) throw new FuzzFailureException($"of operation {operation} {begun} were begun and {done} done");
        }

        DepartureCounts.Compare("bytes ended", counters.EndedBytes, counters.BegunBytes);
        _departures.Check(counters);
        _observer.Check();
    }

    private long CountEnds(int operation)
    {
        var ends = _machine.Counters.Successes[operation];
        for (var status = 0; status < QueuePairCounters.StatusCount; status++) ends += _machine.Counters.FailuresOf(operation, status);
        return ends;
    }
}
