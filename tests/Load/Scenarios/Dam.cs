using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>A stage that holds the thread of its shard while it is closed, as a machine without processor time would.</summary>
internal sealed class Dam : IStage<PacketBurst>, IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private IStageContext<PacketBurst> _context = null!;

    public string Name => "dam";

    public IReadOnlyList<string> Outputs { get; } = ["out"];

    public void Close() => _open.Reset();

    public void Open() => _open.Set();

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        _open.Wait();
        _context.Emit(0, burst);
    }

    public void Dispose() => _open.Dispose();
}
