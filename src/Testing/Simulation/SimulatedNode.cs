using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// One end of a <see cref="MachinePair"/>: a real <see cref="RdmaDevice"/> whose queue pairs are served by bare machines, without graph,
/// threads or sockets.
/// </summary>
public sealed class SimulatedNode
{
    private const int PacketsPerTurn = 4;

    private readonly VirtualTimeProvider _time;
    private readonly SimulatedFrames _frames;
    private readonly FrameDeparture _outbound;
    private readonly List<SimulatedQueuePair> _queuePairs = [];
    private readonly long[] _drops = new long[Enum.GetValues<DropReason>().Length];

    internal SimulatedNode(VirtualTimeProvider time, SimulatedFrames frames, FrameDeparture outbound, Gid gid, SplitMix random)
    {
        (_time, _frames, _outbound, Gid) = (time, frames, outbound, gid);
        Provider = new SimulatedProvider(this, random);
        Device = new RdmaDevice(Provider);
    }

    /// <summary>The device that the test uses.</summary>
    public RdmaDevice Device { get; }

    /// <summary>Its only address.</summary>
    public Gid Gid { get; }

    /// <summary>What queue pairs made from now on get.</summary>
    public QueuePairOptions Options { get; set; } = QueuePairOptions.Default;

    /// <summary>The first PSN that queue pairs made from now on choose; null for a random one.</summary>
    public uint? InitialPsn { get; set; }

    internal SimulatedProvider Provider { get; }

    internal Instant Now => _time.Now;

    internal Instant NextDeadline
    {
        get
        {
            var next = Instant.Never;
            foreach (var pair in _queuePairs) next = Instant.Earlier(next, pair.Machine.NextDeadline);
            return next;
        }
    }

    /// <summary>Packets dropped for a reason.</summary>
    public long Drops(DropReason reason) => _drops[(int)reason];

    /// <summary>What a queue pair counted.</summary>
    public QueuePairCounters CountersOf(QueuePair queuePair)
    {
        ArgumentNullException.ThrowIfNull(queuePair);
        return Find(queuePair.Number)!.Machine.Counters;
    }

    internal GidEntry? QueryGid(int port, int index) => port == 1 && index == 0 ? new GidEntry(Gid, GidType.RoCEv2, "simulated") : null;

    internal void Add(QueuePairContext context) => _queuePairs.Add(new SimulatedQueuePair(this, context, Options));

    internal void Remove(QueuePairContext context) => _queuePairs.RemoveAll(p => p.Context == context);

    // Asked for every packet, so it makes no delegate.
    internal SimulatedQueuePair? Find(uint number)
    {
        foreach (var pair in _queuePairs)
        {
            if (pair.Context.Number == number) return pair;
        }

        return null;
    }

    /// <summary>Lets every queue pair send a few packets.</summary>
    /// <returns>Whether any was sent.</returns>
    internal bool Pump()
    {
        var sent = false;
        foreach (var pair in _queuePairs)
        {
            Interlocked.Exchange(ref pair.Context.SendDoorbellRung, 0);
            for (var i = 0; i < PacketsPerTurn && _frames.TrySend(pair.Machine, this, _outbound, isResponse: true); i++) sent = true;
            for (var i = 0; i < PacketsPerTurn && _frames.TrySend(pair.Machine, this, _outbound, isResponse: false); i++) sent = true;
        }

        return sent;
    }

    internal void HandleDeadlines()
    {
        foreach (var pair in _queuePairs)
        {
            if (pair.Machine.NextDeadline <= _time.Now) pair.Machine.HandleDeadline(_time.Now);
        }
    }

    internal void Receive(ReadOnlySpan<byte> frame) => _drops[(int)_frames.Receive(frame, this)]++;

    /// <summary>Steps 7 to 17 of the receive validation (wire.md section 8).</summary>
    internal DropReason Dispatch(in PacketView packet, in PacketOrigin origin, Gid source, Gid destination)
    {
        if (Find(packet.DestinationQueuePair) is not { } pair) return DropReason.UnknownQp;
        var drop = pair.Machine.Admit(packet, source, destination);
        if (drop != DropReason.None) return drop;
        if (packet.Traits.IsResponse) pair.Machine.ReceiveResponse(packet, Now, out drop);
        else pair.Machine.ReceiveRequest(packet, origin, Now, out drop);
        return drop;
    }
}
