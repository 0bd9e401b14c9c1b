using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// A sink that feeds packets to the machines of their queue pairs and, once the whole burst is in, does what each machine asked for: so
/// one cumulative ACK answers a burst, however many packets of a queue pair it held (R-RESP-32).
/// </summary>
internal abstract class MachineStage : IStage<PacketBurst>
{
    private readonly Shard _shard;
    private readonly QueuePairTable _table;
    private readonly PacketPool _pool;
    private readonly QueuePairEntry[] _touched = new QueuePairEntry[PacketBurst.MaxPackets];
    private int _touchedCount;
    private IStageContext<PacketBurst> _context = null!;

    protected MachineStage(string name, Shard shard, QueuePairTable table, PacketPool pool)
    {
        Name = name;
        _shard = shard;
        _table = table;
        _pool = pool;
    }

    public string Name { get; }

    public IReadOnlyList<string> Outputs => [];

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        var now = _shard.ReadClock();
        int ended = 0;
        bool isListening = _shard.Tracer.IsListening;
        if (isListening)
            _shard.Tracer.Open(Name, burst, now);
        for (int i = 0; i < burst.Count; i++)
        {
            var drop = Handle(burst, burst.Packets[i], now);
            if (drop == DropReason.None)
            {
                ended++;
                continue;
            }
            burst = burst.Unshare(_pool);
            if (isListening)
                _shard.Tracer.Move(burst);
            burst.Packets[i].Drop = drop;
            _context.Dropped(drop, 1, burst);
        }
        _context.Ended(ended);
        if (isListening)
            _shard.Tracer.Close();
        burst.Release();
        ApplyWork();
    }

    /// <summary>Hands one packet to the machine's half that this stage serves.</summary>
    protected abstract Work Receive(
        QueuePairMachine machine, PacketBurst burst, in PacketDescriptor descriptor, in PacketView packet, Instant now,
        out DropReason drop);

    private DropReason Handle(PacketBurst burst, in PacketDescriptor packet, Instant now)
    {
        var drop = burst.TryView(packet, out var view);
        if (drop != DropReason.None)
            return drop;
        var entry = _table.Find(packet.DestinationQueuePair);
        if (entry is null)
            return DropReason.UnknownQp;
        var work = Receive(entry.Machine, burst, packet, view, now, out drop);
        Note(entry, work);
        return drop;
    }

    private void Note(QueuePairEntry entry, Work work)
    {
        if (work == Work.None)
            return;
        if (entry.Due == Work.None)
            _touched[_touchedCount++] = entry;
        entry.Due |= work;
    }

    private void ApplyWork()
    {
        for (int i = 0; i < _touchedCount; i++)
        {
            var entry = _touched[i];
            var work = entry.Due;
            entry.Due = Work.None;
            _shard.Apply(entry, work);
        }
        _touchedCount = 0;
    }
}
