using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>
/// The source of received traffic: the driver pumps it once a round and it pulls what the back-end has, until the edge behind it is full.
/// What it does not pull waits in the back-end's ring, the one place that may drop.
/// </summary>
internal sealed class ReceiveStage : IPumpStage<PacketBurst>
{
    /// <summary>
    /// Bursts pulled in one round, which is also how many share an acknowledgement: a message of 64 KiB comes as two (the first packet is
    /// longer than the others), so this is half the default window, and the peer hears of the first half while it sends the second.
    /// </summary>
    private const int BurstsPerRound = 8;

    private static readonly string[] Ports = ["out"];
    private readonly IPacketBackend _backend;
    private readonly PacketBurst?[] _bursts = new PacketBurst?[BurstsPerRound];
    private readonly DeviceTracer _tracer;
    private IStageContext<PacketBurst> _context = null!;

    public ReceiveStage(IPacketBackend backend, DeviceTracer tracer) => (_backend, _tracer) = (backend, tracer);

    public string Name => StageNames.Receive;

    public IReadOnlyList<string> Outputs => Ports;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst) => Invariant.That(false, "No edge leads to a source.");

    public bool Pump()
    {
        long asked = _tracer.IsWatching ? _tracer.Clock.Nanoseconds : 0;
        int count = _backend.Receive(_bursts);
        for (int i = 0; i < count; i++)
        {
            var burst = _bursts[i]!;
            _bursts[i] = null;
            _context.Created(burst.Count);
            if (asked != 0 || burst.Contexts is { Count: > 0 })
                _tracer.Arrived(burst, asked);
            _context.Emit(0, burst);
        }
        return count > 0;
    }
}
