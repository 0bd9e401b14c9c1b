using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing;

/// <summary>A sink that lets go of everything at once.</summary>
internal sealed class StageDrain : IStage<PacketBurst>
{
    private IStageContext<PacketBurst> _context = null!;

    public string Name => "sink";

    public IReadOnlyList<string> Outputs => [];

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        _context.Ended(burst.Count);
        burst.Release();
    }
}
