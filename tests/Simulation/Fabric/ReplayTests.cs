using RdmaPipeline.Backends;
using RdmaPipeline.Testing;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>The same seed gives the same packets, bit for bit; another seed gives others.</summary>
public sealed class ReplayTests
{
    private static readonly LinkOptions Bad = new()
    {
        Loss = 0.05, Duplication = 0.05, Reordering = 0.05, Corruption = 0.05, EcnMarking = 0.05, Jitter = TimeSpan.FromMicroseconds(3),
    };

    [Theory]
    [InlineData(LinkType.RoCEv2)]
    [InlineData(LinkType.InfiniBand)]
    public void TheSameSeedGivesTheSameLog(LinkType type)
    {
        var (once, again, other) = (Run(7, type), Run(7, type), Run(8, type));
        Assert.Equal(once, again);
        Assert.NotEqual(once.Hash, other.Hash);
        Assert.InRange(once.Packets, 50, long.MaxValue);
    }

    // The text too: what a person compares.
    private static (ulong Hash, long Packets, long Steps, string Text) Run(ulong seed, LinkType type)
    {
        using var scene = new FabricScene(Bad, seed, type);
        for (int i = 0; i < 4; i++)
            scene.WriteAll(60_000);
        return (scene.Fabric.Log.Hash, scene.Fabric.Log.SentPackets, scene.Fabric.Steps, scene.Fabric.Log.ToString());
    }
}
