using RdmaPipeline.Backends;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>Two hosts on one link with a connection between them.</summary>
internal sealed class FabricScene : IDisposable
{
    /// <summary>Retries after 67 ms, seven times.</summary>
    public static readonly ConnectOptions Options = new() { Timeout = 14, RetryCount = 7, RnrRetry = 7, MinRnrTimer = 12 };

    public FabricScene(LinkOptions? link = null, ulong seed = 7, LinkType type = LinkType.RoCEv2, FabricHostOptions? host = null,
        ConnectOptions? connect = null)
    {
        Fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed, LinkType = type });
        HostA = Fabric.AddHost("a", host);
        HostB = Fabric.AddHost("b", host);
        Link = Fabric.Connect(HostA, HostB, link);
        (A, B) = Endpoint.Connect(HostA, HostB, connect ?? Options);
        PatternGenerator.Fill(A.Memory.AsSpan(0, (int)A.Memory.Length), seed: 1);
    }

    public RdmaTestFabric Fabric { get; }

    public FabricHost HostA { get; }

    public FabricHost HostB { get; }

    public FabricLink Link { get; }

    public Endpoint A { get; }

    public Endpoint B { get; }

    /// <summary>Writes from A to B, waits for the end and checks every byte.</summary>
    public void WriteAll(int length)
    {
        int before = A.Completions.Count;
        A.Write(B, length);
        Fabric.RunUntil(() => A.Has(before + 1), TimeSpan.FromMinutes(5));
        Assert.Equal(WorkCompletionStatus.Success, A.Completions[^1].Status);
        Assert.Equal(-1, PatternGenerator.FindMismatch(B.Memory.AsSpan(0, length), seed: 1));
        Fabric.RunUntilQuiet();
    }

    /// <summary>The lines of the log of a kind.</summary>
    public IEnumerable<FabricLogEntry> Lines(FabricEvent kind) => Fabric.Log.Entries.Where(entry => entry.Kind == kind);

    public void Dispose() => Fabric.Dispose();
}
