namespace RdmaPipeline.Transport;

/// <summary>A multicast group with the queue pairs attached to it; never changed, only replaced.</summary>
/// <param name="Lid">MLID on native InfiniBand; 0 on Ethernet.</param>
/// <param name="Members">Each queue pair once.</param>
internal sealed record MulticastGroup(ushort Lid, IMulticastMember[] Members)
{
    /// <summary>The shards of the members, one bit each.</summary>
    public ulong Shards { get; } = Members.Aggregate(0UL, static (shards, member) => shards | (1UL << member.ShardIndex));

    /// <summary>The group without a member; null when nobody is left.</summary>
    public MulticastGroup? Without(IMulticastMember gone) => Members.Length == 1 && Members[0] == gone
        ? null : new MulticastGroup(Lid, [.. Members.Where(member => member != gone)]);
}
