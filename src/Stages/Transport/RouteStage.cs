using System.Numerics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// Hands packets to the shard of their queue pair, whose low number bits name it; one output port per shard. A burst for one shard passes
/// as it is, from a mixed one the packets of every shard but the first are copied to bursts of their own. What goes to a multicast group
/// goes to every shard that has a member.
/// </summary>
internal sealed class RouteStage : IStage<PacketBurst>
{
    private readonly PacketPool _pool;
    private readonly MulticastTable _groups;
    private readonly ulong[] _packets;
    private IStageContext<PacketBurst> _context = null!;

    /// <summary>Makes a router for a number of shards, a power of two.</summary>
    public RouteStage(int shards, PacketPool pool, MulticastTable groups)
    {
        _pool = pool;
        _groups = groups;
        _packets = new ulong[shards];
        Outputs = PortsFor(shards);
    }

    public string Name => StageNames.Route;

    public IReadOnlyList<string> Outputs { get; }

    /// <summary>The names of the output ports for a number of shards.</summary>
    public static string[] PortsFor(int shards) => [.. Enumerable.Range(0, shards).Select(shard => $"shard{shard}")];

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        if (new Gid(burst.Path.Destination).IsMulticast)
        {
            Spread(burst);
            return;
        }
        Array.Clear(_packets);
        uint mask = (uint)_packets.Length - 1;
        for (int i = 0; i < burst.Count; i++)
            _packets[burst.Packets[i].DestinationQueuePair & mask] |= 1UL << i;
        int kept = Array.FindIndex(_packets, static packets => packets != 0);
        ulong moved = 0;
        for (int shard = kept + 1; shard < _packets.Length; shard++)
        {
            if (_packets[shard] == 0)
                continue;
            var part = _pool.Rent();
            burst.CopyTo(_packets[shard], part);
            moved |= _packets[shard];
            _context.Emit(shard, part);
        }
        if (moved != 0)
        {
            burst = burst.Unshare(_pool);
            burst.Remove(moved);
        }
        _context.Emit(kept, burst);
    }

    // Every shard with a member of the group gets the burst; where there is none, the first one drops it.
    private void Spread(PacketBurst burst)
    {
        ulong shards = _groups.Find(burst.Path.Destination)?.Shards ?? 1;
        int last = BitOperations.Log2(shards);
        for (int shard = 0; shard < last; shard++)
        {
            if ((shards & (1UL << shard)) == 0)
                continue;
            var copy = _pool.Rent();
            burst.CopyFramesTo(copy);
            _context.Created(copy.Count);
            _context.Emit(shard, copy);
        }
        _context.Emit(last, burst);
    }
}
