using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Metrics.Kit;

/// <summary>Two hosts on one link in virtual time, each with a listener of its own, and a connection between them.</summary>
internal sealed class MetricScene : IDisposable
{
    /// <summary>The first PSN of both sides, so that a script can name packets.</summary>
    public const uint FirstPsn = 1000;

    /// <summary>Payload of a full packet.</summary>
    public const int Mtu = 4096;

    /// <summary>Retries after 67 ms; a receiver that is not ready asks for 0.64 ms.</summary>
    public static readonly ConnectOptions Connection = new() { Timeout = 14, RetryCount = 3, RnrRetry = 7, MinRnrTimer = 12 };

    public MetricScene(QueuePairType type = QueuePairType.ReliableConnection, DeviceOptions? device = null, ulong seed = 11,
        LinkOptions? link = null, ConnectOptions? connection = null)
    {
        Fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed });
        var host = new FabricHostOptions { InitialPsn = FirstPsn, Device = device ?? new DeviceOptions() };
        (A, B) = (new MetricEnd(Fabric, "a", host), new MetricEnd(Fabric, "b", host));
        Link = Fabric.Connect(A.Host, B.Host, link);
        if (type == QueuePairType.UnreliableDatagram)
            return;
        (A.QueuePair, B.QueuePair) = Connect(type, connection);
    }

    public RdmaTestFabric Fabric { get; }

    public FabricLink Link { get; }

    public MetricEnd A { get; }

    public MetricEnd B { get; }

    /// <summary>Makes another connection.</summary>
    public (QueuePair A, QueuePair B) Connect(QueuePairType type = QueuePairType.ReliableConnection, ConnectOptions? connection = null)
    {
        var (a, b) = (A.MakeQueuePair(type), B.MakeQueuePair(type));
        a.ConnectTo(b.LocalEndpoint, connection ?? Connection);
        b.ConnectTo(a.LocalEndpoint, connection ?? Connection);
        return (a, b);
    }

    /// <summary>Posts on A, waits for its completion and for silence, and collects on both sides.</summary>
    public void Run(SendOpcode opcode, int length, int completions = 1, uint? key = null)
    {
        A.Post(opcode, length, B, key);
        Finish(completions);
    }

    /// <summary>Waits for so many completions on A and for silence, and collects on both sides.</summary>
    public void Finish(int completions)
    {
        Fabric.RunUntil(() => A.Has(completions), TimeSpan.FromMinutes(5));
        Fabric.RunUntilQuiet();
        B.Has(0);
        Collect();
    }

    public void Collect()
    {
        A.Metrics.Collect();
        B.Metrics.Collect();
    }

    public void Dispose()
    {
        Fabric.Dispose();
        A.Dispose();
        B.Dispose();
    }
}
