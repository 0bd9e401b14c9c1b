using RdmaPipeline.Backends.Framing;

namespace RdmaPipeline.Backends.NativeIb;

/// <summary>
/// A native port as subnet management sees it: it comes up in INIT without a LID, is given one, goes to ARMED and to ACTIVE (R-BE-52).
/// Before ACTIVE it carries management datagrams only. Any thread.
/// </summary>
internal sealed class SubnetPort
{
    private readonly Lock _change = new();
    private volatile LinkState _state = LinkState.Initialize;
    private volatile ushort _managerLid;

    /// <param name="addressing">LID and lanes, shared with the port's codecs.</param>
    public SubnetPort(NativePort addressing) => Addressing = addressing;

    /// <summary>LID and lanes.</summary>
    public NativePort Addressing { get; }

    /// <summary>Logical state; what the cable does comes on top.</summary>
    public LinkState State => _state;

    /// <summary>LID of the subnet manager, 0 while it has not spoken.</summary>
    public ushort ManagerLid => _managerLid;

    /// <summary>Gives the port its LID; the state stays.</summary>
    /// <param name="lid">Base LID.</param>
    /// <param name="lidMaskControl">LMC.</param>
    /// <param name="managerLid">LID of the subnet manager.</param>
    public void Assign(ushort lid, int lidMaskControl, ushort managerLid)
    {
        Addressing.Assign(lid, lidMaskControl);
        _managerLid = managerLid;
    }

    /// <summary>
    /// Whether there is such a step: INIT to ARMED, ARMED to ACTIVE, from anywhere to DOWN, from which the link comes up again, and none.
    /// </summary>
    /// <param name="to">The state asked for.</param>
    public bool MayMove(LinkState to) => to == LinkState.Down || to == _state || IsStep(_state, to);

    /// <summary>Moves the state: INIT to ARMED, ARMED to ACTIVE.</summary>
    /// <param name="to">The state asked for; the one the port is in is always granted.</param>
    /// <returns>False when the step does not exist, or the port has no LID to go on with: nothing changed.</returns>
    public bool TryMove(LinkState to)
    {
        lock (_change)
        {
            var legal = to == _state || (Addressing.Lid != 0 && IsStep(_state, to));
            if (legal)
                _state = to;
            return legal;
        }
    }

    /// <summary>The link came up again: the port waits to be brought up, its LID stays.</summary>
    public void Reset()
    {
        lock (_change)
            _state = LinkState.Initialize;
    }

    private static bool IsStep(LinkState from, LinkState to) =>
        (from, to) is (LinkState.Initialize, LinkState.Armed) or (LinkState.Armed, LinkState.Active);
}
