namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// Which ports of a fabric are members of which multicast group. The caller serialises changes; the data path reads whichever snapshot is
/// there.
/// </summary>
internal sealed class LoopbackGroups
{
    private Dictionary<UInt128, LoopbackBackend[]> _members = [];

    /// <summary>The members of a group now.</summary>
    /// <param name="group">MGID.</param>
    public ReadOnlySpan<LoopbackBackend> MembersOf(UInt128 group) => Volatile.Read(ref _members).GetValueOrDefault(group);

    /// <summary>Makes a port a member; nothing to do when it is one.</summary>
    public void Add(UInt128 group, LoopbackBackend port)
    {
        var members = new Dictionary<UInt128, LoopbackBackend[]>(_members);
        var known = members.GetValueOrDefault(group, []);
        if (!known.Contains(port))
            members[group] = [.. known, port];
        Volatile.Write(ref _members, members);
    }

    /// <summary>Ends a membership; nothing to do when there is none.</summary>
    public void Remove(UInt128 group, LoopbackBackend port) => Keep((g, member) => g != group || member != port);

    /// <summary>Ends all memberships of a port.</summary>
    public void Remove(LoopbackBackend port) => Keep((_, member) => member != port);

    private void Keep(Func<UInt128, LoopbackBackend, bool> stays)
    {
        var members = new Dictionary<UInt128, LoopbackBackend[]>();
        foreach (var (group, ports) in _members)
        {
            LoopbackBackend[] left = [.. ports.Where(port => stays(group, port))];
            if (left.Length > 0)
                members.Add(group, left);
        }

        Volatile.Write(ref _members, members);
    }
}
