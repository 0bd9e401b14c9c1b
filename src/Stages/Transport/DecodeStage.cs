using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// Frames to transport packets: the codec finds BTH to ICRC and judges the ICRC (wire.md section 8, steps 1 to 3), the packet view checks
/// lengths, opcode and version (steps 5 and 6). A wrong ICRC stays a verdict in the descriptor: it is acted upon last (step 13).
/// </summary>
internal sealed class DecodeStage : IStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    private readonly FrameCodec _codec;
    private readonly PacketPool _pool;
    private readonly SampledDurations? _icrc;
    private IStageContext<PacketBurst> _context = null!;

    public DecodeStage(FrameCodec codec, PacketPool pool, SampledDurations? icrc) => (_codec, _pool, _icrc) = (codec, pool, icrc);

    public string Name => StageNames.Decode;

    public IReadOnlyList<string> Outputs => Ports;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        burst = burst.Unshare(_pool);
        long begun = _icrc?.Begin() ?? 0;
        _codec.Decode(burst);
        _icrc?.End(begun);
        ulong dropped = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            if (packet.Drop == DropReason.None)
                packet.Drop = Check(burst, ref packet);
            if (packet.Drop == DropReason.None)
                continue;
            _context.Dropped(packet.Drop, 1, burst);
            dropped |= 1UL << i;
        }
        burst.Remove(dropped);
        if (burst.Count > 0)
            _context.Emit(0, burst);
        else
            burst.Release();
    }

    private static DropReason Check(PacketBurst burst, ref PacketDescriptor packet)
    {
        var verdict = burst.TryView(packet, out PacketView view);
        if (verdict == DropReason.None)
            packet.DestinationQueuePair = view.DestinationQueuePair;
        return verdict;
    }
}
