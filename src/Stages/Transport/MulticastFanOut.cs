using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// Gives every queue pair of a group its own descriptor of each packet (step 14 of wire.md section 8, R-RESP-47). The bytes are shared:
/// nobody behind dispatch writes into them. What the members of a shard need beyond the descriptors of one burst goes into copies.
/// </summary>
internal sealed class MulticastFanOut
{
    private readonly MulticastTable _groups;
    private readonly PacketPool _pool;
    private readonly int _shard;
    private readonly PacketDescriptor[] _copies = new PacketDescriptor[PacketBurst.MaxPackets];
    private int _count;

    /// <param name="groups">Who is attached.</param>
    /// <param name="shard">The shard whose members this serves.</param>
    /// <param name="pool">Where it rents bursts.</param>
    public MulticastFanOut(MulticastTable groups, int shard, PacketPool pool)
    {
        _groups = groups;
        _shard = shard;
        _pool = pool;
    }

    /// <summary>Replicates a burst to a group and passes it on.</summary>
    /// <param name="burst">A decoded burst whose destination is a multicast GID; it goes on, or is released.</param>
    /// <param name="context">The stage this works for.</param>
    /// <param name="port">Its port for requests.</param>
    public void Process(PacketBurst burst, IStageContext<PacketBurst> context, int port)
    {
        ReadOnlySpan<IMulticastMember> members = _groups.Find(burst.Path.Destination)?.Members;
        for (int i = 0; i < burst.Count; i++)
        {
            var drop = Check(burst, burst.Packets[i], out var view);
            int copies = drop == DropReason.None ? Replicate(burst, i, view, members, context, port) : 0;
            if (drop == DropReason.None && copies == 0)
                drop = DropReason.UnknownQp;
            if (drop != DropReason.None)
                context.Dropped(drop, 1, burst);
            else
                context.Created(copies - 1);
        }
        Finish(burst, context, port);
    }

    // Steps 7 and 13: a group's packet is for queue pair 0xFFFFFF, and no member may see one with a wrong ICRC.
    private static DropReason Check(PacketBurst burst, in PacketDescriptor packet, out PacketView view)
    {
        var drop = burst.TryView(packet, out view);
        if (drop != DropReason.None)
            return drop;
        if (view.DestinationQueuePair != Bth.MulticastQueuePair)
            return DropReason.UnknownQp;
        return packet.Icrc == IcrcStatus.Invalid ? DropReason.IcrcMismatch : DropReason.None;
    }

    private int Replicate(PacketBurst burst, int index, in PacketView view, ReadOnlySpan<IMulticastMember> members,
        IStageContext<PacketBurst> context, int port)
    {
        int copies = 0;
        foreach (var member in members)
        {
            if (member.ShardIndex != _shard)
                continue;
            copies++;
            var drop = member.Admit(view, burst.Path);
            if (drop != DropReason.None)
                context.Dropped(drop, 1, burst);
            else
                Add(burst, index, member.Number, context, port);
        }
        return copies;
    }

    private void Add(PacketBurst burst, int index, uint queuePair, IStageContext<PacketBurst> context, int port)
    {
        if (_count == _copies.Length)
        {
            var copy = _pool.Rent();
            burst.CopyFramesTo(copy);
            context.Emit(port, Filled(copy));
        }
        _copies[_count] = burst.Packets[index];
        _copies[_count++].DestinationQueuePair = queuePair;
    }

    private void Finish(PacketBurst burst, IStageContext<PacketBurst> context, int port)
    {
        if (_count > 0)
            context.Emit(port, Filled(burst));
        else
            burst.Release();
    }

    private PacketBurst Filled(PacketBurst burst)
    {
        _copies.AsSpan(0, _count).CopyTo(burst.Packets);
        burst.Count = _count;
        _count = 0;
        return burst;
    }
}
