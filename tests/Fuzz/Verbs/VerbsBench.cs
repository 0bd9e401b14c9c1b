using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>Two devices, what was made from them, and what each call may end in: success, or an error of the standard.</summary>
internal sealed class VerbsBench : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(600);

    private static readonly FaultRates BadWire = new() { Loss = 0.02, Duplicate = 0.02, Reorder = 0.02, Corrupt = 0.02 };

    private readonly VerbsWorld _world;
    private readonly FuzzTally _tally;
    private readonly WorkInHand _work = new();
    private readonly WorkCompletion[] _polled = new WorkCompletion[8];
    private bool _usesWhatIsGone;
    private bool _isFinished;
    private ulong _nextId;

    /// <param name="seed">Of the world.</param>
    /// <param name="kind">Bit 0: two shards; bits 1 and 2, both: native InfiniBand; bits 3 and 4, both: a bad wire.</param>
    /// <param name="arena">The memory of both devices.</param>
    /// <param name="tally">Where to count.</param>
    public VerbsBench(uint seed, byte kind, MemoryArena arena, FuzzTally tally)
    {
        (Arena, _tally) = (arena, tally);
        arena.Renew();
        var link = (kind & 6) == 6 ? LinkType.InfiniBand : LinkType.RoCEv2;
        _world = new VerbsWorld(seed, 1 + (kind & 1), link, (kind & 24) == 24 ? BadWire : FaultRates.None);
        Sides = [new VerbsSide(_world.Devices[0]), new VerbsSide(_world.Devices[1])];
    }

    public VerbsSide[] Sides { get; }

    /// <summary>A port of the same fabric that sends what it likes.</summary>
    public LoopbackBackend Attacker => field ??= _world.Fabric.Open(new LoopbackOptions
    {
        Device = "attacker", LinkType = Sides[0].IsNative ? LinkType.InfiniBand : LinkType.RoCEv2,
    });

    public MemoryArena Arena { get; }

    /// <summary>Makes the calls of one record.</summary>
    public void Call(ReadOnlySpan<byte> record)
    {
        var choices = new RecordReader(record);
        var call = VerbsCalls.All[choices.Byte() % VerbsCalls.All.Length];
        var side = Sides[choices.Byte() & 1];
        _usesWhatIsGone = false;
        _tally.Calls++;
        try
        {
            call.Invoke(this, side, ref choices);
            _tally.Trace?.Invoke($"{side.Device.Name} {call.Method.Name}");
        }
        catch (RdmaException refused)
        {
            _tally.Trace?.Invoke($"{side.Device.Name} {call.Method.Name}: {refused.Message}");
            if (!Enum.IsDefined(refused.Errno) || refused.Errno == VerbsErrno.None)
                throw new FuzzFailureException($"{call.Method.Name} fails with errno {(int)refused.Errno}", refused);
            _tally.Note(refused.Errno.ToString());
        }
        catch (ObjectDisposedException) when (_usesWhatIsGone)
        {
            _tally.Note("disposed");
        }
        catch (NoSuchObjectException)
        {
            _tally.Note("nothing to call");
        }

        foreach (var each in Sides) each.CheckCounts();
    }

    /// <summary>One of the objects of a kind; remembers when it is one that was disposed of.</summary>
    public T Pick<T>(VerbsObjects<T> objects, ref RecordReader choices)
        where T : class, IDisposable
    {
        var picked = objects.Pick(ref choices, out var isGone) ?? throw new NoSuchObjectException();
        _usesWhatIsGone |= isGone;
        return picked;
    }

    /// <summary>One of the objects of a kind, or null.</summary>
    public T? PickOrNull<T>(VerbsObjects<T> objects, ref RecordReader choices)
        where T : class, IDisposable
    {
        var picked = objects.Pick(ref choices, out var isGone);
        if (choices.OneIn(8)) return null;
        _usesWhatIsGone |= isGone;
        return picked;
    }

    /// <summary>The side that a call takes an argument from: mostly its own.</summary>
    public VerbsSide Stray(VerbsSide side, ref RecordReader choices) => choices.OneIn(24) ? Sides[side == Sides[0] ? 1 : 0] : side;

    public VerbsSide Other(VerbsSide side) => side == Sides[0] ? Sides[1] : Sides[0];

    /// <summary>A number for a work request.</summary>
    public ulong NextId() => ++_nextId;

    /// <summary>What was posted and has not completed.</summary>
    public WorkInHand Work => _work;

    /// <summary>Takes completions; each must be of a work request that is outstanding.</summary>
    public void Poll(CompletionQueue queue, int room)
    {
        var count = queue.Poll(_polled.AsSpan(0, Math.Min(room, _polled.Length)));
        foreach (ref readonly var completion in _polled.AsSpan(0, count)) Completed(completion);
    }

    public void Completed(in WorkCompletion completion)
    {
        _work.Complete(completion.WorkRequestId);
        _tally.Note(completion.Status.ToString());
    }

    /// <summary>Lets some time pass.</summary>
    public void Run(int steps) => _world.Run(steps);

    /// <summary>Goes on until a change of a graph has ended: that depends on nobody but the devices.</summary>
    public void Await(Task change)
    {
        if (!_world.RunUntil(() => change.IsCompleted)) throw new FuzzFailureException("a change of a graph does not end");
    }

    /// <summary>Counts how a change of a graph has ended, which must be in one of the ways that are told.</summary>
    public void Note(Task change, bool wasCancelled)
    {
        var fault = change.IsCanceled ? new OperationCanceledException() : change.Exception?.InnerException;
        if (fault is not (null or StageGraphException or ArgumentException) && !(wasCancelled && fault is OperationCanceledException))
            throw new FuzzFailureException($"a change of a graph ends in {fault.GetType().Name}", fault);
        _tally.Note(fault is null ? "graph changed" : $"graph not changed, {fault.GetType().Name}");
        _tally.Trace?.Invoke($"change of a graph: {fault?.Message ?? "applied"}");
    }

    /// <summary>Everything comes to rest, after a flush nothing is outstanding, and all that was made can be disposed of.</summary>
    public void Finish()
    {
        _tally.Trace?.Invoke("finish");
        Settle();
        foreach (var pair in Sides.SelectMany(side => side.Pairs.Living).Where(pair => pair.State != QueuePairState.Reset))
            pair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        Settle();
        foreach (var side in Sides) _work.CheckFlushed(side.Pairs.Living);
        foreach (var side in Sides) side.DisposeAll();
        Arena.Check();
        _world.Dispose();
        _isFinished = true;
    }

    private void Settle()
    {
        if (!_world.RunUntilQuiet(Patience)) throw new FuzzFailureException("the devices do not come to rest");
        foreach (var queue in Sides.SelectMany(side => side.Queues.Living).Where(queue => !queue.IsOverrun))
        {
            while (queue.Count != 0) Poll(queue, _polled.Length);
        }
    }

    /// <summary>After a failure: the devices go, whatever they think of it; they were judged before.</summary>
    public void Dispose()
    {
        if (_isFinished) return;
        try
        {
            foreach (var side in Sides) side.Device.Dispose();
        }
        catch (Exception again)
        {
            _tally.Trace?.Invoke($"and then: {again.Message}");
        }
    }

    private sealed class NoSuchObjectException : Exception;
}
