using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// What a user derives a packet-wise stage from: one input, one output, one call per packet. It runs on the shard's thread, so it must
/// neither block nor allocate per packet, and it holds no protocol state. Place it where packets are decoded (after <c>decode</c>) or
/// encoded (after <c>encode</c>).
/// </summary>
public abstract class PacketStage : IStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    private IStageContext<PacketBurst>? _context;

    /// <summary>Names the stage.</summary>
    /// <param name="name">Unique in its graph.</param>
    protected PacketStage(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Outputs => Ports;

    /// <inheritdoc/>
    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    /// <inheritdoc/>
    public void Process(PacketBurst burst)
    {
        ulong dropped = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            var reason = packet.Drop != DropReason.None ? DropReason.None : Handle(burst, ref packet);
            if (reason == DropReason.None)
                continue;
            _context!.Dropped(reason, 1);
            dropped |= 1UL << i;
        }
        burst.Remove(dropped);
        if (burst.Count > 0)
            _context!.Emit(0, burst);
        else
            burst.Release();
    }

    /// <summary>Looks at one packet.</summary>
    /// <param name="burst">The burst it is in; its bytes are <c>burst.Bytes(packet.TransportOffset, packet.TransportLength)</c>.</param>
    /// <param name="packet">The packet; not one that an earlier stage has found bad.</param>
    /// <returns><see cref="DropReason.None"/> passes it on; any other reason drops and counts it.</returns>
    protected abstract DropReason Handle(PacketBurst burst, ref PacketDescriptor packet);
}
