using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing;

/// <summary>The source in front of a stage under test.</summary>
internal sealed class StageFeed : IPumpStage<PacketBurst>
{
    private static readonly string[] Ports = [StageSpec<PacketBurst>.DefaultOutput];
    private readonly Queue<PacketBurst> _bursts = new();
    private IStageContext<PacketBurst> _context = null!;

    public string Name => "source";

    public IReadOnlyList<string> Outputs => Ports;

    /// <summary>Bursts that were not asked for.</summary>
    public int Left => _bursts.Count;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Add(PacketBurst burst) => _bursts.Enqueue(burst);

    public void Wake() => _context.Wake();

    public void Process(PacketBurst burst) => throw new InvalidOperationException("No edge leads to a source.");

    public bool Pump()
    {
        if (!_bursts.TryDequeue(out var burst))
            return false;
        _context.Created(burst.Count);
        _context.Emit(0, burst);
        return _bursts.Count > 0;
    }

    /// <summary>Lets go of what was not asked for.</summary>
    public void Release()
    {
        while (_bursts.TryDequeue(out var burst))
            burst.Release();
    }
}
