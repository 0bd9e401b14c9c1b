namespace RdmaPipeline.Verbs;

/// <content>Multicast groups (R-VERB-12).</content>
public sealed partial class QueuePair
{
    private const ushort FirstMulticastLid = 0xC000;
    private const ushort LastMulticastLid = 0xFFFE;

    // Under the disposing lock.
    private readonly Dictionary<Gid, ushort> _groups = [];

    /// <summary>
    /// Attaches to a multicast group: the queue pair receives a copy of each packet sent to it, also of those it sends itself. Attaching
    /// again changes nothing.
    /// </summary>
    /// <param name="group">MGID: first byte 0xFF, or an IPv4 group as <c>::ffff:224.0.0.0</c> and up.</param>
    /// <param name="lid">MLID on native InfiniBand, 0xC000 to 0xFFFE; not used on RoCE.</param>
    /// <exception cref="RdmaException">
    /// EINVAL: not an unreliable datagram queue pair, no multicast GID or LID, or a group the port cannot join. ENOMEM: the group has
    /// <see cref="DeviceAttributes.MaxMulticastQueuePairs"/> queue pairs, or the device no group or membership left.
    /// </exception>
    public void AttachMulticast(Gid group, ushort lid = 0)
    {
        lid = CheckedGroup(group, lid);
        lock (_disposing)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (Device.Provider.AttachMulticast(_context, group, lid))
                _groups.Add(group, lid);
        }
    }

    /// <summary>Detaches from a multicast group. Packets that are on their way to this queue pair may still arrive.</summary>
    /// <param name="group">MGID.</param>
    /// <param name="lid">MLID as it was attached with; not used on RoCE.</param>
    /// <exception cref="RdmaException">EINVAL: it is not attached to this group.</exception>
    public void DetachMulticast(Gid group, ushort lid = 0)
    {
        lid = CheckedGroup(group, lid);
        lock (_disposing)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Device.Provider.DetachMulticast(_context, group, lid);
            _groups.Remove(group);
        }
    }

    // R-VERB-10: a member is busy, unless the whole device goes away. Under the disposing lock.
    private void LeaveGroups()
    {
        if (_groups.Count > 0 && !Device.IsDisposed)
            throw new RdmaException(VerbsErrno.EBUSY, $"the queue pair is attached to {_groups.Count} multicast group(s): detach it first");
        foreach (var (group, lid) in _groups)
            Device.Provider.DetachMulticast(_context, group, lid);
        _groups.Clear();
    }

    // Returns the MLID that counts: none on RoCE.
    private ushort CheckedGroup(Gid group, ushort lid)
    {
        if (Type != QueuePairType.UnreliableDatagram)
            throw RdmaException.Invalid($"qp_type is {Type}: only unreliable datagram queue pairs join multicast groups");
        if (!group.IsMulticast)
            throw RdmaException.Invalid($"mgid is {group}: a multicast GID starts with ff, or is an IPv4 address from 224.0.0.0 on");
        if (Device.QueryPort(_port).LinkLayer != LinkLayer.InfiniBand)
            return 0;
        return lid is >= FirstMulticastLid and <= LastMulticastLid
            ? lid
            : throw RdmaException.Invalid($"mlid is 0x{lid:x}; it must be 0x{FirstMulticastLid:x} to 0x{LastMulticastLid:x}");
    }
}
