using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// Passes every burst on and offers a second reference to an onlooker, any Dataflow block. The onlooker must not change the burst and
/// must <see cref="PacketBurst.Release"/> it. An onlooker that has no room misses the burst: that is counted here and delays nobody.
/// </summary>
public sealed class TapStage : IStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    private readonly ITargetBlock<PacketBurst> _onlooker;
    private IStageContext<PacketBurst>? _context;

    /// <summary>Makes a tap.</summary>
    /// <param name="name">Unique in its graph.</param>
    /// <param name="onlooker">Gets a reference to each burst it has room for.</param>
    public TapStage(string name, ITargetBlock<PacketBurst> onlooker)
    {
        ArgumentNullException.ThrowIfNull(onlooker);
        Name = name;
        _onlooker = onlooker;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Outputs => Ports;

    /// <inheritdoc/>
    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    /// <inheritdoc/>
    public void Process(PacketBurst burst)
    {
        int items = burst.Count;
        burst.Retain();
        _context!.Created(items);
        if (_onlooker.Post(burst))
        {
            _context.Ended(items);
        }
        else
        {
            _context.Dropped(DropReason.QueueFull, items);
            burst.Release();
        }
        _context.Emit(0, burst);
    }
}
