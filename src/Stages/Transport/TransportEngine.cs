using System.Diagnostics;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>The transport behind a device: turns verbs into commands to the shards that own the queue pairs.</summary>
internal sealed partial class TransportEngine : IVerbsProvider
{
    // An acknowledgement takes one; a peer that is being served a long READ cannot hold up the end for ever.
    private const int FarewellTurns = 16;

    private readonly DevicePort _port;
    private readonly DeviceRandom _random;
    private readonly QueuePairTable _table;
    private readonly FlowPaths _paths;
    private readonly MulticastTable _groups;
    private readonly HardwareCounters _counters;
    private readonly DeviceMeasures _measures;
    private readonly QueuePairOptions _options;
    private readonly LinkWatch? _watch;
    private readonly Func<Gid, bool>? _prefixPeers;
    private RdmaDevice? _device;
    private int _hasToldFatal;

    public TransportEngine(IPacketBackend backend, DeviceOptions options, DeviceSeams seams)
    {
        Backend = backend;
        _measures = new DeviceMeasures(backend.Description, options);
        _counters = new HardwareCounters(_measures.QueuePairs);
        _port = new DevicePort(backend, options);
        _paths = new FlowPaths(_port);
        _random = new DeviceRandom(options.Seed);
        _table = new QueuePairTable(options.MaxQueuePairs, seams.Numbers ?? _random.Next);
        _initialPsn = seams.InitialPsn;
        _answersManagement = options.ManagementAgents;
        _prefixPeers = options.Traces.PrefixPeers;
        (_addressOf, Continuations) = (seams.AddressOf, seams.Continuations);
        _options = MachineOptions(options, _port, seams.Machine);
        var reception = new GroupReception(backend, command => Pipeline!.Run(Pipeline.Shards[0], command));
        _groups = new MulticastTable(_port.Device, reception.Start, reception.Stop);
        Pipeline = new Pipeline(
            backend, _table, _groups, options, PacketWriter.SegmentsFor(_port.Device.MaxScatterGatherEntries),
            _measures, seams);
        IsSimulated = GraphPresets.DriverOf(options) == ShardDriverKind.Seeded;
        if (options.LinkWatchPeriod != Timeout.InfiniteTimeSpan && !IsSimulated)
            _watch = new LinkWatch(_port, options.LinkWatchPeriod);
        _port.Drops = reason => Pipeline.Dropped(reason);
        _port.Changed = type => _device?.Raise(new AsyncEvent(type, null, null, DevicePort.Number));
        Pipeline.Failed = FailAll;
    }

    public IPacketBackend Backend { get; }

    public Pipeline Pipeline { get; }

    /// <summary>Whether nothing moves unless somebody moves it.</summary>
    public bool IsSimulated { get; }

    /// <summary>The sums of the queue pairs' counters under rxe's names.</summary>
    public IReadOnlyDictionary<string, long> ReadCounters()
    {
        _port.Look();
        return _counters.ReadSoftRoce(Backend.Counters, _port.LinkDowns, Pipeline.DeferredResponses);
    }

    /// <summary>The sums of the queue pairs' counters under mlx5's names.</summary>
    public IReadOnlyDictionary<string, long> ReadAdapterCounters() =>
        _counters.ReadAdapter(Backend.Counters, Pipeline.Dropped(DropReason.NoReceiveBuffer) + Pipeline.Dropped(DropReason.SrqEmpty));

    /// <summary>Sends posted to any queue pair and not yet done.</summary>
    public long PendingSends => _table.Snapshot().Sum(static entry => entry.PendingSends);

    /// <summary>The queue pairs of this moment; any thread.</summary>
    public IReadOnlyList<QueuePairSummary> SummarizeQueuePairs() => [.. _table.Snapshot().Select(static entry => entry.Summarize())];

    public DeviceAttributes QueryDevice() => _port.Device;

    public PortAttributes QueryPort(int port) => _port.Look();

    public void ModifyPort(int port, PortModification change) => _port.Modify(change);

    public GidEntry? QueryGid(int port, int index) => _port.Gids.Find(index);

    public ushort QueryPkey(int port, int index) => _port.Pkeys.Find(index);

    // R-WIRE-27: every queue pair goes by the new entry from here on.
    public void SetPkey(int port, int index, ushort pkey)
    {
        _port.SetPkey(index, pkey);
        foreach (var entry in _table.Snapshot())
            Pipeline.Run(entry.Shard, entry.Machine.ReloadPartitionKey);
    }

    public long ReadClock() => Pipeline.Shards[0].NowNanoseconds;

    public void Resolve(AddressVector vector)
    {
        if (vector.IsGlobal && _port.Gids.Find(vector.SourceGidIndex) is { } source
            && !Backend.CanReach(source.Gid.Value, vector.DestinationGid.Value))
        {
            throw new RdmaException(VerbsErrno.EHOSTUNREACH, $"ah_attr.grh.dgid is {vector.DestinationGid}: no way leads there from "
                + $"{source.Gid}, which is entry {vector.SourceGidIndex} of the GID table");
        }
    }

    public bool Supports(QueuePairType type) => type switch
    {
        QueuePairType.ReliableConnection or QueuePairType.UnreliableConnection => true,
        QueuePairType.UnreliableDatagram or QueuePairType.Gsi => true,
        QueuePairType.XrcInitiator or QueuePairType.XrcTarget => true,
        QueuePairType.Smi => Backend.Description.HasSubnetManagement,
        _ => false,
    };

    public uint NextRandom() => _initialPsn is { } psn ? (_random.Next() & 0xFF00_0000) | psn : _random.Next();

    public void NotifyLater(CompletionQueue queue, long nanoseconds)
    {
        foreach (var shard in Pipeline.Shards)
        {
            if (!shard.Scheduler.IsShardThread)
                continue;
            shard.HoldBack(queue, nanoseconds);
            return;
        }
        queue.FireHeldBack();
    }

    public void Attach(RdmaDevice device)
    {
        _device = device;
        if (!IsSimulated)
            OpenDevices.Add(device);
        Publish(device);
        AddManagementAgents(device);
        Backend.Listen(Hear);
        if (_watch is { } watch)
            Pipeline.Run(Pipeline.Shards[0], () => Pipeline.Shards[0].Schedule(watch, watch.Expire(Pipeline.Shards[0].NowNanoseconds)));
    }

    public void RegisterQueuePair(QueuePairContext context)
    {
        Pipeline.ThrowIfFailed();
        if (context.Type is QueuePairType.Smi or QueuePairType.Gsi)
            RegisterSpecial(context);
        else if (!_table.TryAdd(number => CreateEntry(number, context), out _))
        {
            throw new RdmaException(VerbsErrno.ENOMEM,
                $"{_table.Count} queue pairs exist, the device's limit is {_port.Device.MaxQueuePairs}: dispose one first");
        }
    }

    public void Modify(QueuePairContext context, QueuePairAttributes attributes)
    {
        var entry = EntryOf(context);
        Pipeline.ThrowIfFailed();
        var caller = Activity.Current?.Context ?? default;
        bool isPrefixed = attributes is { State: QueuePairState.ReadyToReceive, AddressVector: { } peer }
            && _prefixPeers?.Invoke(peer.DestinationGid) == true;
        Pipeline.Run(entry.Shard, () =>
        {
            var (from, now) = (context.State, entry.Shard.ReadClock());
            var work = entry.Machine.Modify(attributes, now);
            entry.RefreshPath();
            entry.Observe();
            if (from == QueuePairState.Init && context.State == QueuePairState.ReadyToReceive)
                entry.Machine.Tracing.UsePrefix(isPrefixed);
            entry.Tracer?.StateChanged(from, context.State, now.Nanoseconds, caller);
            entry.Shard.Apply(entry, work);
        });
        _measures.QueuePairs.PathChanged(entry);
    }

    public QueuePairAttributes Query(QueuePairContext context)
    {
        var entry = EntryOf(context);
        return Pipeline.Run(entry.Shard, entry.Machine.Query);
    }

    public void Destroy(QueuePairContext context)
    {
        var entry = EntryOf(context);
        Settle(entry);
        _table.Remove(entry);
        Pipeline.Run(entry.Shard, () => entry.Shard.Close(entry));
        _measures.QueuePairs.Close(entry);
    }

    public bool AttachMulticast(QueuePairContext context, Gid group, ushort lid)
    {
        var entry = EntryOf(context);
        Pipeline.ThrowIfFailed();
        return _groups.Attach(entry, group.Value, lid);
    }

    public void DetachMulticast(QueuePairContext context, Gid group, ushort lid) =>
        _groups.Detach(EntryOf(context), group.Value, lid);

    public void RingSend(QueuePairContext context)
    {
        if (_table.Find(context.Number) is not { } entry)
            return;
        if (Pipeline.HasFailed)
            Flush(entry);
        else
            entry.Shard.SendDoorbell.Ring(entry.Number);
    }

    public void RingReceive(QueuePairContext context)
    {
        if (_table.Find(context.Number) is { } entry)
            Flush(entry);
    }

    public void Quiesce()
    {
        foreach (var shard in Pipeline.Shards)
            Pipeline.Quiesce(shard);
    }

    public bool Drive() => Pipeline.Drive();

    public void AwaitHandover() => Pipeline.AwaitHandover();

    public void Close()
    {
        if (_device is { } device)
            OpenDevices.Remove(device);
        Pipeline.Close();
        Unpublish();
        Backend.Dispose();
    }

    // What is owed to the peer leaves first. A program that goes away with its last completion in hand would otherwise leave a peer
    // behind that has not heard of it and repeats its request to nobody.
    private void Settle(QueuePairEntry entry)
    {
        for (int turn = 0; turn < FarewellTurns && !Pipeline.HasFailed; turn++)
        {
            if (!Pipeline.Run(entry.Shard, () => entry.Shard.RingOwed(entry)))
                return;
        }
    }

    private static QueuePairOptions MachineOptions(
        DeviceOptions options, DevicePort port, QueuePairOptions? given) =>
        (given ?? new QueuePairOptions
        {
            RequestWindowBytes = options.WindowBytes,
            AckRequestInterval = options.AckRequestInterval,
            Retry7IsInfinite = options.Retry7IsInfinite,
        }) with
        {
            ActiveMtuBytes = port.Look().ActiveMtu.ToBytes(),
            LinkLayer = port.LinkLayer,
            GidTableLength = port.Gids.Length,
            PartitionKeyTableLength = port.Pkeys.Length,
            MaxReadAtomicDepth = port.Device.MaxQueuePairReadAtomic,
        };

    // The number of a special queue pair is its type's: 0 for subnet management, 1 for general services (R-VERB-8).
    private void RegisterSpecial(QueuePairContext context)
    {
        if (!_table.TryAddSpecial((uint)context.Type, number => CreateEntry(number, context)))
            throw RdmaException.Invalid($"port {context.Port} has its queue pair of type {context.Type}: dispose of it first");
    }

    private QueuePairEntry CreateEntry(uint number, QueuePairContext context)
    {
        context.Number = number;
        var shard = Pipeline.Shards[(int)(number & (uint)(Pipeline.Shards.Count - 1))];
        var entry = new QueuePairEntry(context, shard, _device!, _port, _paths, _options);
        _measures.QueuePairs.Add(entry);
        return entry;
    }

    private QueuePairEntry EntryOf(QueuePairContext context) =>
        _table.Find(context.Number) is { } entry && entry.Context == context
            ? entry
            : throw new RdmaException(VerbsErrno.EINVAL, $"queue pair 0x{context.Number:x} does not exist on this device");

    // The shard looks at the state on its own turn: what was posted in ERR flushes without further stimulus (R-CQ-19).
    private void Flush(QueuePairEntry entry) => Pipeline.Run(entry.Shard, () => entry.Shard.FlushPosted(entry));
}
