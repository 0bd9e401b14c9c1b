using System.Diagnostics;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>What befalls a READ and the data that answer it.</summary>
public sealed class ReadEventTests : IDisposable
{
    private readonly SpanLog _log = new();

    public void Dispose() => _log.Dispose();

    [Theory] // R-REQ-33, R-REQ-40: the data from the gap on are asked for again.
    [InlineData(Opcode.RcReadResponseMiddle, "implied_nak", 1)]
    [InlineData(Opcode.RcReadResponseLast, "timeout", 2)]
    public void DataThatAreLostAreAskedForAgain(Opcode lost, string reason, int missing)
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        scene.Fabric.Faults.When(p => p.From(scene.HostB).Opcode(lost).Nth(1)).Drop();
        Read(scene);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        var again = Assert.Single(_log.Single("a", "read").Events, e => e.Name == SpanEventNames.Retransmit);
        Assert.Contains(new(A.RetransmitReason, reason), again.Tags);
        Assert.Contains(new(A.PacketPsn, (scene.A.QueuePair.InitialPsn + (long)missing) & 0xFFFFFF), again.Tags);
    }

    [Fact]
    public void DataThatCameByACongestedWaySaySo()
    {
        using var scene = new FabricScene(host: SendSpanTests.All, connect: FabricScene.Options with { TrafficClass = 2 });
        scene.Fabric.Faults.When(p => p.From(scene.HostB).Opcode(Opcode.RcReadResponseMiddle).Nth(1)).MarkEcn();
        Read(scene);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Contains(_log.Single("a", "read").Events, e => e.Name == SpanEventNames.EcnMark);
        Assert.Empty(_log.Single("b", "process").Events);
    }

    [Fact] // R-RESP-10
    public void AReadThatIsRefusedIsToldOfAtBothEnds()
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        Read(scene, key: 1);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();
        var nak = Assert.Single(_log.Single("a", "read").Events);
        Assert.Equal(SpanEventNames.Nak, nak.Name);
        Assert.Contains(new(A.NakCode, "remote_access"), nak.Tags);
        Assert.Equal([SpanEventNames.Drop, SpanEventNames.Nak], _log.Single("b", "process").Events.Select(e => e.Name));
    }

    [Fact] // A READ that comes twice while it is answered is answered twice, which is its span's to tell.
    public void ADropOfAnAnswerIsSeenOnTheRespondersSpan()
    {
        using var scene = new FabricScene(host: new FabricHostOptions
        {
            Device = new DeviceOptions
            {
                Traces = new TracingOptions { SampleInterval = 1 },
                Graph = graph => graph.InsertAfter(StageNames.Encode, _ => new DropsOne(), "dropper"),
            },
        });
        Read(scene);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();
        Assert.Contains(_log.Of("b", "process"), span => span.Events.Any(e => e.Name == SpanEventNames.Drop
            && e.Tags.Contains(new KeyValuePair<string, object?>(A.StageName, "dropper"))));
    }

    private static void Read(FabricScene scene, uint key = 0) => scene.A.QueuePair.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.RdmaRead, Entry = scene.A.Memory.Entry(0, 12_000), RemoteAddress = scene.B.Memory.Address,
        RemoteKey = scene.B.Memory.RemoteKey + key,
    });
}
