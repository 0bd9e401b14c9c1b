using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>A stage with a state that passes everything on and fails when it is changed.</summary>
/// <param name="name">Its name.</param>
/// <param name="trouble">When it fails; null: never.</param>
internal sealed class FailingStage(string name, EditTrouble? trouble) : IStage<PacketBurst>, IStatefulStage, IDisposable
{
    private IStageContext<PacketBurst> _context = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs { get; } = ["out"];

    /// <summary>Whether the graph has no more use for it.</summary>
    public bool IsDisposed { get; private set; }

    public void Attach(IStageContext<PacketBurst> context)
    {
        FailIf(EditTrouble.NotAttached);
        _context = context;
    }

    public void Process(PacketBurst burst) => _context.Emit(0, burst);

    public object? SaveState()
    {
        FailIf(EditTrouble.StateNotGiven);
        return name;
    }

    public void RestoreState(object? state) => FailIf(EditTrouble.StateNotTaken);

    public void Dispose() => IsDisposed = true;

    private void FailIf(EditTrouble moment)
    {
        if (moment == trouble)
            throw new IOException($"made to fail: {moment}");
    }
}
