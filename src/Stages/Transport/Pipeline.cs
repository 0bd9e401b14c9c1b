using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Tracing;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// The running machinery of a device: its shards, their drivers, and the graph of stages on them. The control plane talks to a shard by
/// commands, which run on the shard's scheduler between two bursts; a caller that waits for one drives the shard itself where it may.
/// </summary>
internal sealed class Pipeline
{
    private const int WaitMilliseconds = 1;

    private readonly PipelineParts _parts;
    private readonly ShardDriver[] _drivers;
    private readonly PacketPool[] _pools;
    private volatile Exception? _fault;
    private int _closed;

    public Pipeline(IPacketBackend backend, QueuePairTable table, MulticastTable groups, DeviceOptions options, int maxSegments,
        DeviceMeasures measures, DeviceSeams seams)
    {
        _parts = new PipelineParts(backend, groups, options, measures, seams);
        Tracer = _parts.Tracer;
        var shards = _parts.MakeShards(table, maxSegments);
        Shards = [.. shards.Select(stages => stages.Shard)];
        _pools = [.. shards.Select(stages => stages.Pool)];
        Graph = _parts.BuildGraph(shards, table, Fail, ChangeDriverAsync);
        _drivers = [.. Shards.Select(shard => _parts.StartDriver(shard, Graph.Spec.Drivers[shard.Index], Fail))];
    }

    /// <summary>The shards; their number is a power of two.</summary>
    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>What the tracers of all queue pairs share.</summary>
    public DeviceTracer Tracer { get; }

    /// <summary>The graph of all shards.</summary>
    public StageGraph<PacketBurst> Graph { get; }

    /// <summary>Called on each shard, once, after a stage has thrown.</summary>
    public Action<Shard>? Failed { get; set; }

    /// <summary>Bursts rented by any shard and not yet returned.</summary>
    public int OutstandingBursts => _pools.Sum(pool => pool.Outstanding);

    /// <summary>Bursts that the pools of all shards hold.</summary>
    public int PooledBursts => _pools.Sum(pool => pool.Created);

    /// <summary>Responses that had to wait in front of a completer.</summary>
    public long DeferredResponses => Graph.Stages.Where(stage => stage.Stage is CompleterStage).Sum(stage => stage.Meter.QueuedItems);

    /// <summary>Whether a stage has thrown: then no packet moves any more.</summary>
    public bool HasFailed => _fault is not null;

    /// <summary>Packets dropped by all stages for a reason.</summary>
    public long Dropped(DropReason reason) => Graph.Dropped(reason);

    /// <summary>Any thread: stops the graph for good, as if a stage had thrown.</summary>
    public void Break(Exception fault)
    {
        Fail(fault);
        Graph.Fault(fault);
    }

    /// <summary>Refuses what needs a working pipeline.</summary>
    /// <exception cref="RdmaException">EIO with the fault inside.</exception>
    public void ThrowIfFailed()
    {
        if (_fault is { } fault)
            throw new RdmaException(VerbsErrno.EIO, $"the device has failed and can only be closed: {fault.Message}", fault);
    }

    /// <summary>Runs a command on a shard and waits for it; what it throws comes out here.</summary>
    public void Run(Shard shard, Action command) => Run(shard, () =>
    {
        command();
        return true;
    });

    /// <summary>Runs a command on a shard, at once if the caller is on it, else some time soon.</summary>
    public static void Post(Shard shard, Action command)
    {
        if (shard.Scheduler.IsShardThread)
            command();
        else
            Task.Factory.StartNew(command, CancellationToken.None, TaskCreationOptions.DenyChildAttach, shard.Scheduler);
    }

    /// <summary>Runs a command on a shard, waits for it and returns its result; what it throws comes out here.</summary>
    public T Run<T>(Shard shard, Func<T> command)
    {
        if (shard.Scheduler.IsShardThread)
            return command();
        var task = Task.Factory.StartNew(command, CancellationToken.None, TaskCreationOptions.DenyChildAttach, shard.Scheduler);
        Await(shard, task);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Returns when no burst made before the call points into user memory.</summary>
    public void Quiesce(Shard shard)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Run(shard, () => shard.Unencoded.AwaitAll(done.SetResult));
        Await(shard, done.Task);
    }

    /// <summary>The calling thread lends itself to every shard whose seat is free, for one round.</summary>
    public bool Drive()
    {
        bool worked = false;
        for (int i = 0; i < _drivers.Length; i++)
            worked |= Volatile.Read(ref _drivers[i]).Drive();
        return worked;
    }

    /// <summary>The background drivers take over at once.</summary>
    public void AwaitHandover()
    {
        for (int i = 0; i < _drivers.Length; i++)
            Volatile.Read(ref _drivers[i]).Handover();
    }

    /// <summary>Drains the graph, ends the drivers' threads, and keeps every seat so that nobody can drive a closed back-end.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        Graph.Complete();
        foreach (var shard in Shards)
            Await(shard, Graph.Completion);
        foreach (var driver in _drivers)
            driver.Dispose();
        foreach (var shard in Shards)
        {
            bool isInside = shard.Scheduler.IsShardThread;
            SpinWait spin = default;
            while (!isInside && !shard.Scheduler.TryEnter())
                spin.SpinOnce();
            shard.Dispose();
            if (!isInside)
                shard.Scheduler.Seal();
        }
        Tracer.Close();
        // Until then its metrics are exported, and with them the whole device is kept.
        Graph.Dispose();
    }

    private void Await(Shard shard, Task task)
    {
        while (!task.IsCompleted)
        {
            var driver = Volatile.Read(ref _drivers[shard.Index]);
            if (driver.Drive())
                continue;
            if (driver.Kind == ShardDriverKind.Seeded)
            {
                if (driver.IsPaused)
                    throw new InvalidOperationException("The simulated device stands still, so the command cannot be done.");
                // A shard that nobody but the caller runs has come to rest: what is awaited depends on another shard, on time, or on
                // nobody.
                if (Drive() || driver.Rest())
                    continue;
                throw new InvalidOperationException("The simulated world has come to rest before the command was done.");
            }
            driver.Handover();
            Task.WaitAny([task], WaitMilliseconds);
        }
    }

    // The shard stands still from when the old thread has ended to when the new one has begun. The old driver keeps what a thread may
    // still call that has it in hand.
    private async Task ChangeDriverAsync(int shard, ShardDriverKind kind)
    {
        await _drivers[shard].StopAsync().ConfigureAwait(false);
        Volatile.Write(ref _drivers[shard], _parts.StartDriver(Shards[shard], kind, Fail));
    }

    private void Fail(Exception fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is not null)
            return;
        foreach (var shard in Shards)
        {
            Task.Factory.StartNew(
                () => FailShard(shard), CancellationToken.None, TaskCreationOptions.DenyChildAttach, shard.Scheduler);
        }
    }

    private void FailShard(Shard shard)
    {
        shard.Unencoded.Abandon();
        Failed?.Invoke(shard);
    }
}
