using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>A stage that passes everything on: what random edits put into a graph and take out again.</summary>
internal sealed class PassingStage(string name) : IStage<PacketBurst>
{
    private IStageContext<PacketBurst> _context = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs { get; } = ["out"];

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst) => _context.Emit(0, burst);
}
