namespace RdmaPipeline.Testing;

/// <summary>
/// A rule of the fault script: which packets, and what happens to them. The last call that names an action counts.
/// </summary>
public sealed class FabricFault
{
    private const int LongestFrame = 16 * 1024;

    private readonly FabricFaults _script;
    private readonly PacketMatch _match;
    private FaultAction _action = FaultAction.Pass;
    private Func<FabricPacket, byte[]>? _replacement;
    private Action<FabricPacket>? _told;
    private long _nanoseconds;
    private int _count;

    internal FabricFault(FabricFaults script, PacketMatch match, string name)
    {
        ArgumentNullException.ThrowIfNull(match);
        (_script, _match, Name) = (script, match, name);
    }

    /// <summary>Its name in the log and in captures; <see cref="As"/> gives another.</summary>
    public string Name { get; private set; }

    /// <summary>Packets that it was asked about and for which everything but the counting held.</summary>
    public long Seen => _match.Seen;

    /// <summary>Packets that it took.</summary>
    public long Hits { get; private set; }

    /// <summary>Gives the rule a name.</summary>
    /// <param name="name">For people.</param>
    public FabricFault As(string name)
    {
        Name = name;
        return this;
    }

    /// <summary>They are lost.</summary>
    public FabricFault Drop() => Do(FaultAction.Drop);

    /// <summary>They pass, and chance does nothing to them.</summary>
    public FabricFault Pass() => Do(FaultAction.Pass);

    /// <summary>They arrive more than once, the copies right behind.</summary>
    /// <param name="copies">How many more, 1 to 1000.</param>
    public FabricFault Duplicate(int copies = 1)
    {
        Limits.Check(nameof(copies), copies, 1, 1000);
        _count = copies;
        return Do(FaultAction.Duplicate);
    }

    /// <summary>They arrive later; others overtake them.</summary>
    /// <param name="by">How much later: more than 0, up to a day.</param>
    public FabricFault Delay(TimeSpan by)
    {
        Limits.Check(nameof(by), by, TimeSpan.FromTicks(1), TimeSpan.FromDays(1));
        _nanoseconds = by.Ticks * TimeSpan.NanosecondsPerTick;
        return Do(FaultAction.Delay);
    }

    /// <summary>They wait until later packets have overtaken them, at most a millisecond.</summary>
    /// <param name="behind">How many, 1 to 1000.</param>
    public FabricFault Reorder(int behind = 1)
    {
        Limits.Check(nameof(behind), behind, 1, 1000);
        _count = behind;
        return Do(FaultAction.Reorder);
    }

    /// <summary>One bit of each flips.</summary>
    /// <param name="keepIcrc">
    /// False: the ICRC shows it, and the receiver drops the packet. True: the ICRC is made anew, as by broken memory in a switch, and the
    /// receiver believes what it gets.
    /// </param>
    public FabricFault Corrupt(bool keepIcrc = false) => Do(keepIcrc ? FaultAction.CorruptKeepingIcrc : FaultAction.Corrupt);

    /// <summary>They get the mark "congestion experienced": ECN in the IP header, FECN on InfiniBand.</summary>
    public FabricFault MarkEcn() => Do(FaultAction.MarkEcn);

    /// <summary>Other frames go on in their place.</summary>
    /// <param name="replacement">Makes the whole frame, with its checksums, from the packet.</param>
    public FabricFault Replace(Func<FabricPacket, byte[]> replacement)
    {
        ArgumentNullException.ThrowIfNull(replacement);
        _replacement = replacement;
        return Do(FaultAction.Replace);
    }

    /// <summary>Their bytes from the BTH through the pad are changed.</summary>
    /// <param name="edit">Changes them in place.</param>
    /// <param name="keepIcrc">Whether the ICRC is made anew, so that it fits.</param>
    public FabricFault Edit(Action<Span<byte>> edit, bool keepIcrc = true)
    {
        ArgumentNullException.ThrowIfNull(edit);
        return Replace(packet => FrameEdits.Edit(packet, edit, keepIcrc));
    }

    /// <summary>
    /// Has something happen whenever the rule takes a packet, before the packet goes on and between two steps: a link goes down, a queue
    /// pair breaks, a program starts.
    /// </summary>
    /// <param name="action">What happens.</param>
    public FabricFault Then(Action<FabricPacket> action)
    {
        _told += action;
        return this;
    }

    /// <summary>Ends the rule.</summary>
    public void Remove() => _script.Remove(this);

    /// <summary>Its name and how often it struck.</summary>
    public override string ToString() => $"{Name}: {_action}, {Hits} of {Seen}";

    internal byte[] MakeReplacement(FabricPacket packet)
    {
        var frame = _replacement!(packet) ?? throw new InvalidOperationException($"{Name} gave no frame in place of {packet}.");
        Limits.Check("The length of the frame in place of a packet", frame.Length, 1, LongestFrame);
        return frame;
    }

    internal bool Takes(FabricPacket packet, FabricLane lane, bool isFirst, out FaultVerdict verdict)
    {
        verdict = default;
        if (!_match.Holds(packet, lane, isFirst))
            return false;
        Hits++;
        verdict = new FaultVerdict(_action, this, _nanoseconds, _count);
        _told?.Invoke(packet);
        return true;
    }

    private FabricFault Do(FaultAction action)
    {
        _action = action;
        return this;
    }
}
