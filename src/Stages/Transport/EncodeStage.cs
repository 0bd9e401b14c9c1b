using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// Un-encoded packets to frames: one pass copies the payload out of user memory and sums the ICRC. From here on the burst no longer points
/// into user memory, which the shard is told so that deregistration can return.
/// </summary>
internal sealed class EncodeStage : IStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    private readonly UnencodedBursts _unencoded;
    private readonly SampledDurations? _icrc;
    private IStageContext<PacketBurst> _context = null!;

    public EncodeStage(string name, UnencodedBursts unencoded, FrameCodec codec, SampledDurations? icrc)
    {
        Name = name;
        _unencoded = unencoded;
        _unencoded.Codec = codec;
        _icrc = icrc;
    }

    public string Name { get; }

    public IReadOnlyList<string> Outputs => Ports;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        long begun = _icrc?.Begin() ?? 0;
        _unencoded.Encode(burst);
        _icrc?.End(begun);
        _context.Emit(0, burst);
    }
}
