using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>
/// Un-encoded packets to frames: one pass copies the payload out of user memory and sums the ICRC. From here on the burst no longer points
/// into user memory, which the shard is told so that deregistration can return.
/// </summary>
internal sealed class EncodeStage : IStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    private readonly UnencodedBursts _unencoded;
    private IStageContext<PacketBurst> _context = null!;

    public EncodeStage(string name, UnencodedBursts unencoded, FrameCodec codec)
    {
        Name = name;
        _unencoded = unencoded;
        _unencoded.Codec = codec;
    }

    public string Name { get; }

    public IReadOnlyList<string> Outputs => Ports;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        _unencoded.Encode(burst);
        _context.Emit(0, burst);
    }
}
