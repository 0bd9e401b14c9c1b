using System.Diagnostics.Metrics;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Telemetry;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>
/// All queue pairs a device has had, summed up in groups that only grow: one that leaves a group leaves what it counted there behind. Any
/// thread; no shard ever waits for it.
/// </summary>
internal sealed class QueuePairSeries
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Transport, string? Value), SeriesGroup> _groups = [];
    private readonly Dictionary<(int Shard, SendHold Hold), long> _heldByClosed = [];
    private readonly QueuePairCounters _sum = new();
    private readonly SeriesKeys _keys;
    private readonly BusiestQueuePairs? _busiest;
    private readonly SelectedQueuePairs? _selected;
    private Action<string>? _warned;

    /// <summary>Makes one without queue pairs.</summary>
    /// <param name="metrics">How far they are told apart.</param>
    /// <param name="device">The attribute of all series.</param>
    /// <param name="warned">Told once when there are more than is good.</param>
    public QueuePairSeries(QueuePairMetrics metrics, Tag device, Action<string>? warned)
    {
        _warned = metrics.Detail == QueuePairDetail.All ? warned : null;
        _keys = new SeriesKeys(metrics, device);
        if (metrics.Detail == QueuePairDetail.Top)
            _busiest = new BusiestQueuePairs(metrics.Limit);
        if (metrics.Selects is { } predicate)
            _selected = new SelectedQueuePairs(predicate);
    }

    /// <summary>Queue pairs that live.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _groups.Values.Sum(group => group.Members.Count);
        }
    }

    /// <summary>Takes in a new queue pair.</summary>
    public void Add(QueuePairEntry entry)
    {
        lock (_gate)
        {
            entry.Series = new SeriesMember(entry);
            GroupOf(entry.Series).Enter(entry.Series);
        }
        Warn();
    }

    /// <summary>A queue pair has another peer: what it counts from now on is of that.</summary>
    public void PathChanged(QueuePairEntry entry)
    {
        lock (_gate)
        {
            if (entry.Series is { } member)
                Regroup(member);
        }
    }

    /// <summary>Keeps what a queue pair counted in its life; once, after its last packet.</summary>
    public void Close(QueuePairEntry entry)
    {
        lock (_gate)
        {
            if (entry.Series is not { } member)
                return;
            entry.Series = null;
            foreach (var hold in Enum.GetValues<SendHold>())
            {
                var key = (entry.ShardIndex, hold);
                _heldByClosed[key] = _heldByClosed.GetValueOrDefault(key) + entry.Machine.HeldNanoseconds(hold, entry.Shard.ReadClock());
            }
            Leave(member);
        }
    }

    /// <summary>What all queue pairs counted, those destroyed included, so that it only grows.</summary>
    public QueuePairCounters Total()
    {
        var total = new QueuePairCounters();
        lock (_gate)
        {
            foreach (var group in _groups.Values)
                group.SumInto(total);
        }
        return total;
    }

    /// <summary>The series of a counter now.</summary>
    public IEnumerable<Measurement<long>> Read(CounterRow[] rows)
    {
        lock (_gate)
        {
            Regroup();
            var series = new List<Measurement<long>>(_groups.Count * rows.Length);
            foreach (var group in _groups.Values)
            {
                _sum.Subtract(_sum);
                group.SumInto(_sum);
                foreach (var row in rows)
                {
                    long value = row.Read(_sum);
                    if (value != 0 || row.Always)
                        series.Add(new Measurement<long>(value, [.. group.Tags, .. row.Tags]));
                }
            }
            return series;
        }
    }

    /// <summary>What the queue pairs of each group have now, added up.</summary>
    public IEnumerable<Measurement<long>> ReadNow(Func<QueuePairEntry, long> read)
    {
        lock (_gate)
        {
            Regroup();
            return [.. _groups.Values.Select(g => new Measurement<long>(g.Members.Sum(m => read(m.Entry)), g.Tags))];
        }
    }

    /// <summary>How long the queue pairs of a shard had something to send that one thing held up, added up over them, in seconds.</summary>
    public double HeldSeconds(Shard shard, SendHold hold)
    {
        lock (_gate)
        {
            var now = shard.ReadClock();
            long held = _heldByClosed.GetValueOrDefault((shard.Index, hold));
            foreach (var group in _groups.Values)
            {
                foreach (var member in group.Members)
                    held += member.Entry.Shard == shard ? member.Entry.Machine.HeldNanoseconds(hold, now) : 0;
            }
            return held * 1e-9;
        }
    }

    private void Warn()
    {
        if (Count <= QueuePairMetrics.WarningLimit || Interlocked.Exchange(ref _warned, null) is not { } warned)
            return;
        warned($"{nameof(QueuePairMetrics)}.{nameof(QueuePairMetrics.All)} tells more than {QueuePairMetrics.WarningLimit} queue pairs "
            + "apart; collectors keep about 2000 streams of a metric and put the rest in one: choose TopK, Selected or ByTransport");
    }

    // Who is busy changes.
    private void Regroup()
    {
        SeriesMember[] members = [.. _groups.Values.SelectMany(group => group.Members)];
        _busiest?.Choose(members);
        _selected?.Choose(members);
        foreach (var member in members)
        {
            Regroup(member);
            member.IsPublished = true;
        }
    }

    private void Regroup(SeriesMember member)
    {
        var group = GroupOf(member);
        if (group == member.Group)
            return;
        if (member.IsPublished)
            Leave(member);
        else
            member.Group.Forget(member);
        group.Enter(member);
    }

    private SeriesGroup GroupOf(SeriesMember member) =>
        GroupOf(TransportNames.Of(member.Entry.Context.Type), _keys.ValueOf(member));

    private SeriesGroup GroupOf(string transport, string? value)
    {
        var key = (_keys.IsByTransport ? transport : "", value);
        if (!_groups.TryGetValue(key, out var group))
            _groups[key] = group = new SeriesGroup(key, _keys.TagsOf(transport, value));
        return group;
    }

    private void Leave(SeriesMember member)
    {
        var group = member.Group;
        group.Leave(member);
        if (group.Members.Count != 0 || SeriesKeys.IsPermanent(group.Key.Value))
            return;
        _groups.Remove(group.Key);
        GroupOf(group.Key.Transport, SeriesKeys.ValueOfClosed).Left.Add(group.Left);
    }
}
