using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// Admits packets to their queue pair and parts requests from responses, in the order of wire.md section 8: unknown queue pair (step 7),
/// what the machine's admission checks (steps 8 to 12), and the ICRC last (step 13). Nothing here answers a packet (R-WIRE-31). A burst of
/// one kind passes as it is; in a mixed one the rarer kind moves to a burst of its own. What goes to a multicast group is replicated.
/// </summary>
internal sealed class DispatchStage : IStage<PacketBurst>
{
    public const int Requests = 0;
    public const int Responses = 1;

    /// <summary>The names of the output ports, by number.</summary>
    public static readonly string[] Ports = ["requests", "responses"];

    private readonly QueuePairTable _table;
    private readonly PacketPool _pool;
    private readonly MulticastFanOut _multicast;
    private IStageContext<PacketBurst> _context = null!;

    public DispatchStage(string name, QueuePairTable table, PacketPool pool, MulticastFanOut multicast)
    {
        Name = name;
        _table = table;
        _pool = pool;
        _multicast = multicast;
    }

    public string Name { get; }

    public IReadOnlyList<string> Outputs => Ports;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        burst = burst.Unshare(_pool);
        // A burst is one flow: its packets go to a group all together, or none does.
        if (new Gid(burst.Path.Destination).IsMulticast)
        {
            _multicast.Process(burst, _context, Requests);
            return;
        }
        ulong dropped = 0, responses = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            packet.Drop = Admit(burst, ref packet, out bool isResponse);
            if (packet.Drop != DropReason.None)
            {
                _context.Dropped(packet.Drop, 1, burst);
                dropped |= 1UL << i;
            }
            else if (isResponse)
            {
                responses |= 1UL << i;
            }
        }
        ulong all = burst.Count == 64 ? ulong.MaxValue : (1UL << burst.Count) - 1;
        Part(burst, all & ~dropped & ~responses, responses, dropped);
    }

    private DropReason Admit(PacketBurst burst, ref PacketDescriptor packet, out bool isResponse)
    {
        isResponse = false;
        var verdict = burst.TryView(packet, out var view);
        if (verdict != DropReason.None)
            return verdict;
        var entry = Find(ref packet, view);
        if (entry is null)
            return DropReason.UnknownQp;
        isResponse = view.Traits.IsResponse;
        verdict = entry.Admit(view, burst.Path);
#if !CANARY_ICRC_UNCHECKED
        if (verdict == DropReason.None && packet.Icrc == IcrcStatus.Invalid)
            return DropReason.IcrcMismatch; // R-WIRE-23
#endif
        return verdict;
    }

    // R-BE-53: the device's own agents come first, as a user of a real adapter sees it.
    private QueuePairEntry? Find(ref PacketDescriptor packet, in PacketView view)
    {
        var entry = _table.Find(packet.DestinationQueuePair);
        if (_table.FindAgent(packet.DestinationQueuePair) is not { } agent || !agent.Takes(view, isAlone: entry is null))
            return entry;
        packet.DestinationQueuePair = agent.Number;
        return agent;
    }

    private void Part(PacketBurst burst, ulong requests, ulong responses, ulong dropped)
    {
        if (requests == 0 && responses == 0)
        {
#if !CANARY_LEAKED_BUFFER
            burst.Release();
#endif
            return;
        }
        if (requests != 0 && responses != 0)
        {
            bool fewRequests = ulong.PopCount(requests) <= ulong.PopCount(responses);
            ulong moved = fewRequests ? requests : responses;
            var minority = _pool.Rent();
            burst.CopyTo(moved, minority);
            burst.Remove(dropped | moved);
            _context.Emit(fewRequests ? Requests : Responses, minority);
            _context.Emit(fewRequests ? Responses : Requests, burst);
            return;
        }
        burst.Remove(dropped);
        _context.Emit(requests != 0 ? Requests : Responses, burst);
    }
}
