using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing;

/// <summary>
/// Which packets a rule of the fault script takes: those for which all that was said holds. <see cref="Nth"/>, <see cref="First"/>,
/// <see cref="After"/> and <see cref="Probability"/> count among the packets for which all the rest holds.
/// </summary>
public sealed class PacketMatch
{
    private readonly List<Func<FabricPacket, bool>> _conditions = [];
    private readonly RdmaTestFabric _fabric;
    private readonly SplitMix _random;
    private FabricLink? _link;
    private FabricNode? _linkEnd;
    private HashSet<long>? _nth;
    private long _first = long.MaxValue;
    private long _after;
    private double _probability = 1;

    internal PacketMatch(RdmaTestFabric fabric, SplitMix random) => (_fabric, _random) = (fabric, random);

    /// <summary>Packets for which everything but the counting held so far.</summary>
    internal long Seen { get; private set; }

    /// <summary>Packets that a host has sent.</summary>
    /// <param name="host">The host.</param>
    public PacketMatch From(FabricHost host) => Where(packet => packet.Source == host);

    /// <summary>Packets for a host, of multicast also those that are for others too.</summary>
    /// <param name="host">The host.</param>
    public PacketMatch To(FabricHost host) => Where(packet => packet.Destinations.Contains(host));

    /// <summary>Packets that enter a link, in either direction.</summary>
    /// <param name="link">The link.</param>
    public PacketMatch On(FabricLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        _link = link;
        return this;
    }

    /// <summary>Packets that enter a link at one of its ends.</summary>
    /// <param name="link">The link.</param>
    /// <param name="end">The end at which they enter.</param>
    public PacketMatch On(FabricLink link, FabricNode end)
    {
        ArgumentNullException.ThrowIfNull(link);
        _ = link.From(end);
        _linkEnd = end;
        return On(link);
    }

    /// <summary>Packets with one of these opcodes.</summary>
    /// <param name="opcodes">One or more.</param>
    public PacketMatch Opcode(params Opcode[] opcodes)
    {
        ArgumentNullException.ThrowIfNull(opcodes);
        return Where(packet => packet.IsSound && opcodes.Contains(packet.Opcode));
    }

    /// <summary>Requests: everything that is no answer.</summary>
    public PacketMatch Requests() => Where(packet => packet.IsSound && !packet.IsResponse);

    /// <summary>Answers: acknowledgements, and data of READs and atomics.</summary>
    public PacketMatch Responses() => Where(packet => packet.IsResponse);

    /// <summary>Packets for a queue pair.</summary>
    /// <param name="queuePair">The queue pair.</param>
    public PacketMatch QueuePair(QueuePair queuePair)
    {
        ArgumentNullException.ThrowIfNull(queuePair);
        var host = _fabric.HostOf(queuePair.Device);
        return Where(packet => packet.DestinationQueuePair == queuePair.Number && packet.Destinations.Contains(host));
    }

    /// <summary>Packets whose destination queue pair has a number.</summary>
    /// <param name="number">24 bits; 0xFFFFFF is multicast.</param>
    public PacketMatch QueuePair(uint number)
    {
        Limits.Check(nameof(number), number, 0u, 0xFF_FFFFu);
        return Where(packet => packet.IsSound && packet.DestinationQueuePair == number);
    }

    /// <summary>Packets with a PSN.</summary>
    /// <param name="psn">24 bits.</param>
    public PacketMatch Psn(uint psn) => Psn(psn, psn);

    /// <summary>Packets whose PSN lies in a range, which may wrap.</summary>
    /// <param name="from">The first, 24 bits.</param>
    /// <param name="to">The last, 24 bits.</param>
    public PacketMatch Psn(uint from, uint to)
    {
        Limits.Check(nameof(from), from, 0u, 0xFF_FFFFu);
        Limits.Check(nameof(to), to, 0u, 0xFF_FFFFu);
        return Where(packet => packet.IsSound && (from <= to
            ? packet.Psn >= from && packet.Psn <= to
            : packet.Psn >= from || packet.Psn <= to));
    }

    /// <summary>Only the nth of the packets, counted from 1; several numbers take several.</summary>
    /// <param name="numbers">Each at least 1.</param>
    public PacketMatch Nth(params long[] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        foreach (var number in numbers)
            Limits.Check(nameof(numbers), number, 1, long.MaxValue);
        _nth = [.. numbers];
        return this;
    }

    /// <summary>Only the first of the packets.</summary>
    /// <param name="count">How many, at least 1.</param>
    public PacketMatch First(long count)
    {
        Limits.Check(nameof(count), count, 1, long.MaxValue);
        _first = count;
        return this;
    }

    /// <summary>Not the first of the packets, but those behind.</summary>
    /// <param name="count">How many pass before, 0 or more.</param>
    public PacketMatch After(long count)
    {
        Limits.Check(nameof(count), count, 0, long.MaxValue);
        _after = count;
        return this;
    }

    /// <summary>Each of the packets with a probability, as the seed says.</summary>
    /// <param name="probability">0 to 1.</param>
    public PacketMatch Probability(double probability)
    {
        Limits.CheckProbability(nameof(probability), probability);
        _probability = probability;
        return this;
    }

    /// <summary>Packets sent in a span of virtual time.</summary>
    /// <param name="from">Its beginning, since the beginning of the fabric.</param>
    /// <param name="to">Its end; not part of it.</param>
    public PacketMatch Between(TimeSpan from, TimeSpan to) => Where(_ => _fabric.Now >= from && _fabric.Now < to);

    /// <summary>Packets of which something is so.</summary>
    /// <param name="predicate">Asked once for each packet for which everything said before holds.</param>
    public PacketMatch Where(Func<FabricPacket, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        _conditions.Add(predicate);
        return this;
    }

    internal bool Holds(FabricPacket packet, FabricLane lane, bool isFirst)
    {
        if (_link is null ? !isFirst : lane.Link != _link || (_linkEnd is not null && lane.Sender != _linkEnd))
            return false;
        foreach (var condition in _conditions)
        {
            if (!condition(packet))
                return false;
        }

        Seen++;
        var count = Seen - _after;
        return count > 0 && count <= _first && (_nth?.Contains(Seen) ?? true)
            && (_probability >= 1 || _random.Fraction() < _probability);
    }
}
