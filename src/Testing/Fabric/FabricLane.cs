using RdmaPipeline.Backends;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>
/// One direction of a link: packets leave one after the other, travel, and suffer what the options and the fault script say.
/// </summary>
public sealed class FabricLane
{
    private const double BitsPerByteAndNanosecond = 8e9;

    private readonly RdmaTestFabric _fabric;
    private readonly SplitMix _random;
    private readonly List<HeldPacket> _held = [];
    private readonly long[] _lost = new long[DropReasons.Count];
    private LinkOptions _options;
    private long _freeAt;
    private long _lastArrival;

    internal FabricLane(RdmaTestFabric fabric, FabricLink link, FabricNode from, FabricNode to, LinkOptions options, int number)
    {
        (_fabric, Link, Sender, To, _options) = (fabric, link, from, to, options);
        _random = fabric.RandomFor(RandomStream.Lane, number);
    }

    /// <summary>The link.</summary>
    public FabricLink Link { get; }

    /// <summary>The sending end.</summary>
    public FabricNode Sender { get; }

    /// <summary>The receiving end.</summary>
    public FabricNode To { get; }

    /// <summary>What it does to packets that enter from now on.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the message names it, its value and the limit.</exception>
    public LinkOptions Options
    {
        get => _options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            _options = value;
        }
    }

    /// <summary>Packets that have entered.</summary>
    public long Entered { get; private set; }

    /// <summary>Packets and copies that have come out at the other end.</summary>
    public long Arrived { get; private set; }

    /// <summary>Bytes that wait for their turn now.</summary>
    public long QueuedBytes =>
        _options.BitsPerSecond == 0 ? 0 : (long)(Math.Max(0, _freeAt - Now) * _options.BitsPerSecond / BitsPerByteAndNanosecond);

    private long Now => _fabric.Time.Nanoseconds;

    /// <summary>Packets lost here for a reason.</summary>
    /// <param name="reason">The reason.</param>
    public long Lost(DropReason reason) => _lost[(int)reason];

    /// <summary>Nothing leaves for a while; what enters meanwhile waits.</summary>
    /// <param name="duration">How long from now on; 0 or more.</param>
    public void Clog(TimeSpan duration)
    {
        Limits.Check(nameof(duration), duration, TimeSpan.Zero, TimeSpan.FromDays(1));
        _freeAt = Math.Max(_freeAt, Now + Nanoseconds(duration));
    }

    /// <summary>When no more than so many bytes will wait, if nothing else enters.</summary>
    internal long RoomAt(long bytes) =>
        _options.BitsPerSecond == 0 ? Now : _freeAt - (long)(bytes * BitsPerByteAndNanosecond / _options.BitsPerSecond);

    internal void Enter(FabricPacket packet)
    {
        Entered++;
        // One draw for each packet, whatever becomes of it: a script must not shift the fates of the packets behind.
        var chance = _options.At(_random.Fraction());
        var isFirst = packet.Source == Sender;
        var verdict = _fabric.Faults.Judge(packet, this, isFirst) ?? new FaultVerdict(chance);
        if (isFirst)
            _fabric.Cover(packet, verdict.Action);
        if (ReasonToRefuse(packet) is var (reason, detail) && reason != DropReason.None)
        {
            Lose(packet, reason, detail);
        }
        else if (verdict.Action == FaultAction.Drop)
        {
            Lose(packet, DropReason.InjectedFault, verdict.Text);
        }
        else
        {
            Apply(verdict, packet);
            ReleaseHeld();
        }
    }

    /// <summary>The cable is out: what waited in front of it is gone with what was on its way.</summary>
    internal void Cut() => (_freeAt, _lastArrival) = (Now, Now);

    private (DropReason Reason, string Detail) ReasonToRefuse(FabricPacket packet)
    {
        if (!Link.IsUp)
            return (DropReason.NoRoute, $"link {Link} is down");
        if (packet.PayloadLength > _options.Mtu)
            return (DropReason.MtuExceeded, $"link {Link} carries {_options.Mtu} B");
        // A host waits until there is room; a switch cannot.
        return _options.QueueBytes > 0 && Sender is FabricSwitch && QueuedBytes + packet.Frame.Length > _options.QueueBytes
            ? (DropReason.QueueFull, $"queue in front of link {Link}")
            : (DropReason.None, "");
    }

    private void Apply(in FaultVerdict verdict, FabricPacket packet)
    {
        var altered = Alter(verdict, packet);
        var isFull = _options.EcnThresholdBytes > 0 && QueuedBytes >= _options.EcnThresholdBytes;
        if (isFull && altered.IsSound && (altered.Ecn != 0 || _fabric.LinkType == LinkType.InfiniBand))
            altered = altered.With(FrameEdits.MarkCongestion(altered));
        _fabric.Log.Add(Sender, Sender == packet.Source ? FabricEvent.Sent : FabricEvent.Forwarded, altered, detail: verdict.Text);
        switch (verdict.Action)
        {
            case FaultAction.Reorder:
                Hold(altered, verdict);
                break;
            case FaultAction.Delay:
                Transmit(altered, verdict.Nanoseconds > 0 ? verdict.Nanoseconds : Late());
                break;
            case FaultAction.Duplicate:
                Transmit(altered, 0);
                for (var copies = Math.Max(1, verdict.Count); copies > 0; copies--)
                    Transmit(altered, verdict.Rule is null && _random.Chance(50) ? Late() : 0);
                break;
            default:
                Transmit(altered, 0);
                break;
        }
    }

    private FabricPacket Alter(in FaultVerdict verdict, FabricPacket packet) => verdict.Action switch
    {
        _ when !packet.IsSound => packet,
        FaultAction.Corrupt => packet.With(FrameEdits.FlipBit(packet, _random, keepIcrc: false)),
        FaultAction.CorruptKeepingIcrc => packet.With(FrameEdits.FlipBit(packet, _random, keepIcrc: true)),
        FaultAction.MarkEcn => packet.With(FrameEdits.MarkCongestion(packet)),
        FaultAction.Replace => packet.With(verdict.Rule!.MakeReplacement(packet)),
        _ => packet,
    };

    private void Transmit(FabricPacket packet, long late) => Transmit(packet, late, Link.Cuts);

    private void Transmit(FabricPacket packet, long late, int cuts)
    {
        var onWire = _options.BitsPerSecond == 0 ? 0 : (long)(packet.Frame.Length * BitsPerByteAndNanosecond / _options.BitsPerSecond);
        _freeAt = Math.Max(_freeAt, Now) + onWire;
        var jitter = _options.Jitter > TimeSpan.Zero ? (long)(_random.Fraction() * Nanoseconds(_options.Jitter)) : 0;
        var arrival = Math.Max(_lastArrival, _freeAt + Nanoseconds(_options.Latency) + jitter);
        if (late == 0)
            _lastArrival = arrival;
        _fabric.Time.Schedule(arrival + late, () => Leave(packet, cuts));
    }

    private void Leave(FabricPacket packet, int cuts)
    {
        if (cuts != Link.Cuts)
        {
            Lose(packet, DropReason.NoRoute, $"link {Link} was cut");
            return;
        }

        Arrived++;
        To.Arrive(packet);
    }

    private void Hold(FabricPacket packet, in FaultVerdict verdict)
    {
        // One more, for the packet itself is about to count as one that has passed.
        var held = new HeldPacket(packet, Math.Max(1, verdict.Count) + 1, Link.Cuts);
        _held.Add(held);
        _fabric.Time.Schedule(Now + HeldPacket.LongestNanoseconds, () => Release(held));
    }

    private void ReleaseHeld()
    {
        for (var i = 0; i < _held.Count;)
        {
            var held = _held[i];
            if (--held.Waiting > 0)
                i++;
            else
                Release(held);
        }
    }

    private void Release(HeldPacket held)
    {
        if (_held.Remove(held))
            Transmit(held.Packet, 0, held.Cuts);
    }

    private void Lose(FabricPacket packet, DropReason reason, string detail)
    {
        _lost[(int)reason]++;
        _fabric.Log.Add(Sender, FabricEvent.Lost, packet, reason, detail);
    }

    private long Late() => 1 + (long)(_random.Fraction() * Nanoseconds(_options.ReorderingDelay));

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
