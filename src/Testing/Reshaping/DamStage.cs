using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>A stage that lets nothing through while it is closed, whatever the graph wants of it.</summary>
internal sealed class DamStage(string name) : IStage<PacketBurst>
{
    private IStageContext<PacketBurst> _context = null!;
    private volatile bool _isClosed;
    private volatile bool _holds;

    public string Name => name;

    public IReadOnlyList<string> Outputs { get; } = ["out"];

    /// <summary>Whether a burst waits in it.</summary>
    public bool Holds => _holds;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    /// <summary>Any thread.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Any thread.</summary>
    public void Open()
    {
        _isClosed = false;
        _context.Wake();
    }

    public void Process(PacketBurst burst)
    {
        bool holds = _isClosed;
        _holds = holds;
        if (holds)
            _context.Defer(burst);
        else
            _context.Emit(0, burst);
    }
}
