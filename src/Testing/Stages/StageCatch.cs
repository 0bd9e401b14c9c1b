using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing;

/// <summary>The sink behind a stage under test: keeps every burst until the end, or refuses.</summary>
internal sealed class StageCatch : IStage<PacketBurst>
{
    private IStageContext<PacketBurst> _context = null!;

    public string Name => "sink";

    public IReadOnlyList<string> Outputs => [];

    /// <summary>What arrived, in order, and what it looked like then.</summary>
    public List<(PacketBurst Burst, string Look, int References)> Arrived { get; } = [];

    /// <summary>The numbers of the packets that arrived, in order.</summary>
    public List<uint> Numbers { get; } = [];

    /// <summary>Bursts it takes before it refuses.</summary>
    public int Room { get; set; } = int.MaxValue;

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Reopen()
    {
        Room = int.MaxValue;
        _context.Wake();
    }

    public void Process(PacketBurst burst)
    {
        if (Room == 0)
        {
            _context.Defer(burst);
            return;
        }

        Room--;
        Arrived.Add((burst, PacketText.Of(burst), burst.References));
        for (var i = 0; i < burst.Count; i++)
            Numbers.Add(StageTraffic.NumberOf(burst, i));
        _context.Ended(burst.Count);
    }
}
