using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// Which queue pairs are attached to which multicast group (R-VERB-12). The shards read a snapshot without a lock; the control plane
/// replaces it, one change at a time, and tells the back-end of the first and the last member of a group.
/// </summary>
internal sealed class MulticastTable
{
    private readonly Lock _gate = new();
    private readonly DeviceAttributes _limits;
    private readonly Action<UInt128> _join;
    private readonly Action<UInt128> _leave;
    private Dictionary<UInt128, MulticastGroup> _groups = [];
    private int _memberships;

    /// <param name="limits">How much the device can do.</param>
    /// <param name="join">Has the back-end receive a group; what it throws means that nothing changed.</param>
    /// <param name="leave">Has the back-end stop.</param>
    public MulticastTable(DeviceAttributes limits, Action<UInt128> join, Action<UInt128> leave)
    {
        _limits = limits;
        _join = join;
        _leave = leave;
    }

    /// <summary>Any thread: the group of an MGID; null when nobody is attached to it.</summary>
    public MulticastGroup? Find(UInt128 group) => Volatile.Read(ref _groups).GetValueOrDefault(group);

    /// <summary>Attaches a queue pair.</summary>
    /// <returns>False when it is attached already: nothing changed.</returns>
    /// <exception cref="RdmaException">ENOMEM: a limit of the device. EINVAL: the group has another MLID.</exception>
    public bool Attach(IMulticastMember member, UInt128 group, ushort lid)
    {
        lock (_gate)
        {
            var known = Find(group);
            if (known is not null && known.Lid != lid)
                throw RdmaException.Invalid($"mlid is 0x{lid:x}; the group {new Gid(group)} has 0x{known.Lid:x} on this device");
            if (known is not null && known.Members.Contains(member))
                return false;
            CheckLimits(known);
            if (known is null)
                _join(group);
            Publish(group, new MulticastGroup(lid, [.. known?.Members ?? [], member]));
            _memberships++;
            return true;
        }
    }

    /// <summary>Detaches a queue pair; it gets no packet any more that is dispatched from now on.</summary>
    /// <exception cref="RdmaException">EINVAL: it is not attached, or not with this MLID.</exception>
    public void Detach(IMulticastMember member, UInt128 group, ushort lid)
    {
        lock (_gate)
        {
            var known = Find(group);
            if (known is null || known.Lid != lid || !known.Members.Contains(member))
            {
                throw RdmaException.Invalid(
                    $"queue pair 0x{member.Number:x} is not attached to the group {new Gid(group)} with MLID 0x{lid:x}");
            }
            var left = known.Without(member);
            Publish(group, left);
            _memberships--;
            if (left is null)
                _leave(group);
        }
    }

    private void CheckLimits(MulticastGroup? known)
    {
        if (known is null && _groups.Count >= _limits.MaxMulticastGroups)
            throw Full("max_mcast_grp", $"{_groups.Count} groups have members");
        if (known is not null && known.Members.Length >= _limits.MaxMulticastQueuePairs)
            throw Full("max_mcast_qp_attach", $"{known.Members.Length} queue pairs are attached to the group");
        if (_memberships >= _limits.MaxMulticastMemberships)
            throw Full("max_total_mcast_qp_attach", $"there are {_memberships} memberships");
    }

    private static RdmaException Full(string limit, string state) =>
        new(VerbsErrno.ENOMEM, $"{state}, the limit is {limit}: detach one first");

    private void Publish(UInt128 group, MulticastGroup? members)
    {
        var groups = new Dictionary<UInt128, MulticastGroup>(_groups);
        if (members is null)
            groups.Remove(group);
        else
            groups[group] = members;
        Volatile.Write(ref _groups, groups);
    }
}
