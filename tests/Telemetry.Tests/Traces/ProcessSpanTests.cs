using System.Diagnostics;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>The responder's span of a message, and how it finds the sender's.</summary>
public sealed class ProcessSpanTests : IDisposable
{
    private static readonly string[] Stages = ["receive", "decode", "dispatch", "responder", "ack_generator", "encode", "send"];
    private readonly SpanLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void AMessageIsASpanOfItsOwnThatLinksToTheSenders()
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        scene.B.Receive(10_000);
        scene.A.Send(10_000);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();

        var send = _log.Single("a", "send");
        Assert.Equal(ActivityKind.Producer, send.Kind);
        var process = _log.Single("b", "process");
        Assert.Equal(ActivityKind.Consumer, process.Kind);
        Assert.Equal(default, process.ParentSpanId);
        Assert.NotEqual(send.TraceId, process.TraceId);
        Assert.Equal(send.Context, Assert.Single(process.Links).Context);
        SendSpanTests.Expect(process, (A.OperationName, "send"), (A.MessageSequence, 1L), (A.MessageSize, 10_000L),
            (A.QueuePairNumber, (long)scene.B.QueuePair.Number), (A.PeerQueuePairNumber, (long)scene.A.QueuePair.Number),
            (A.PeerAddress, "10.0.0.1"), (A.FirstPsn, send.GetTagItem(A.FirstPsn)!), (A.LastPsn, send.GetTagItem(A.LastPsn)!),
            (A.GraphRevision, 1L));
        Assert.Equal(Stages.Order(), _log.Children(process).Select(child => (string)child.GetTagItem(A.StageName)!).Order());
    }

    [Fact]
    public void ItIsAChildWhereThatIsAskedFor()
    {
        using var scene = new FabricScene(host: new FabricHostOptions
        {
            Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 1, ResponderIsChild = true } },
        });
        scene.WriteAll(100);
        var write = _log.Single("a", "write");
        var process = _log.Single("b", "process");
        Assert.Equal(write.SpanId, process.ParentSpanId);
        Assert.Equal(write.TraceId, process.TraceId);
    }

    [Fact] // The receiver's own sampler would not choose it.
    public void ATraceOfTheSameProcessIsFollowed()
    {
        using var fabric = new RdmaTestFabric();
        var (hostA, hostB) = (fabric.AddHost("a", SendSpanTests.All),
            fabric.AddHost("b", new FabricHostOptions
            {
                Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 0 } },
            }));
        fabric.Connect(hostA, hostB);
        var (a, b) = Endpoint.Connect(hostA, hostB);
        a.Write(b, 100);
        fabric.RunUntil(() => a.Has(1));
        fabric.RunUntilQuiet();
        Assert.Equal(_log.Single("a", "write").Context, Assert.Single(_log.Single("b", "process").Links).Context);
    }

    [Theory]
    [InlineData(SendOpcode.RdmaRead, "read", 20_000u)]
    [InlineData(SendOpcode.FetchAndAdd, "fetch_and_add", 8u)]
    [InlineData(SendOpcode.CompareAndSwap, "compare_and_swap", 8u)]
    public void ReadsAndAtomicsAreSpansAtBothEnds(SendOpcode opcode, string operation, uint length)
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        scene.A.QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = opcode, Entry = scene.A.Memory.Entry(0, length), RemoteAddress = scene.B.Memory.Address,
            RemoteKey = scene.B.Memory.RemoteKey,
        });
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();

        var request = _log.Single("a", operation);
        var process = _log.Single("b", "process");
        int answers = (int)((length + 4095) / 4096);
        SendSpanTests.Expect(process, (A.OperationName, operation), (A.LastPsn, request.GetTagItem(A.LastPsn)!));
        Assert.Equal(answers, Packets(process, "ack_generator"));
        Assert.Equal(answers, Packets(process, "send"));
        Assert.Equal(answers, Packets(request, "completer"));
        Assert.Equal(answers, Packets(request, "receive"));
    }

    [Theory]
    [InlineData(QueuePairType.UnreliableConnection, "uc")]
    [InlineData(QueuePairType.UnreliableDatagram, "ud")]
    public void UnreliableServicesAreTracedToo(QueuePairType type, string transport)
    {
        using var fabric = new RdmaTestFabric();
        var (hostA, hostB) = (fabric.AddHost("a", SendSpanTests.All), fabric.AddHost("b", SendSpanTests.All));
        fabric.Connect(hostA, hostB);
        var (a, b) = (new Endpoint(hostA, type), new Endpoint(hostB, type));
        AddressHandle? handle = null;
        if (type == QueuePairType.UnreliableConnection)
        {
            a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
            b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
        }
        else
        {
            a.QueuePair.Activate(7);
            b.QueuePair.Activate(7);
            handle = a.Domain.CreateAddressHandle(new AddressVector
            {
                Port = 1, IsGlobal = true, DestinationGid = b.QueuePair.LocalEndpoint.Gid, HopLimit = 64,
            });
        }
        b.Receive(4000);
        a.QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Entry = a.Memory.Entry(0, 1000), Address = handle, RemoteQueuePair = b.QueuePair.Number,
            RemoteQueueKey = 7,
        });
        fabric.RunUntil(() => a.Has(1) && b.Has(1));

        var send = _log.Single("a", "send");
        var process = _log.Single("b", "process");
        Assert.Equal("send 10.0.0.2", send.DisplayName);
        Assert.Equal("process 10.0.0.1", process.DisplayName);
        SendSpanTests.Expect(send, (A.Transport, transport), (A.PeerQueuePairNumber, (long)b.QueuePair.Number));
        SendSpanTests.Expect(process, (A.Transport, transport), (A.PeerQueuePairNumber, (long)a.QueuePair.Number));
        Assert.Equal(send.Context, Assert.Single(process.Links).Context);
        Assert.Equal(new[] { "requester", "encode", "send" }.Order(), StagesOf(send));
        Assert.Equal(new[] { "receive", "decode", "dispatch", "responder" }.Order(), StagesOf(process));
    }

    [Fact]
    public void ABurstThatServesManyLeadsToAllOfThem()
    {
        using var scene = new FabricScene(host: SendSpanTests.All);
        var requests = Enumerable.Range(0, 8).Select(i => new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Entry = scene.A.Memory.Entry(0, 64), RemoteAddress = scene.B.Memory.Address,
            RemoteKey = scene.B.Memory.RemoteKey,
        }).ToArray();
        scene.A.QueuePair.PostSend(requests);
        scene.Fabric.RunUntil(() => scene.A.Has(8));
        scene.Fabric.RunUntilQuiet();

        var writes = _log.Of("a", "write");
        Assert.Equal(8, writes.Count);
        Assert.All(writes, span =>
        {
            var encode = Assert.Single(_log.Children(span), child => child.DisplayName == "stage encode");
            if (encode.Links.Any())
                Assert.Contains(encode.Links, link => link.Context.SpanId == span.SpanId);
            Assert.All(encode.Links, link => Assert.Contains(writes, other => other.Context == link.Context));
        });
        // The first goes alone: until the first acknowledgement only one may be under way beyond the credits.
        Assert.Contains(writes, span => _log.Children(span).Single(c => c.DisplayName == "stage encode").Links.Count() > 1);
        // One acknowledgement for many.
        Assert.Contains(writes, span => _log.Children(span).Single(c => c.DisplayName == "stage completer").Links.Count() > 1);
    }

    [Fact]
    public void ACongestedWayIsSeenOnTheSpan()
    {
        using var scene = new FabricScene(host: SendSpanTests.All, connect: FabricScene.Options with { TrafficClass = 2 });
        scene.Fabric.Faults.When(p => p.From(scene.HostA).Nth(1)).MarkEcn();
        scene.WriteAll(100);
        Assert.Contains(_log.Single("b", "process").Events, e => e.Name == SpanEventNames.EcnMark);
        Assert.Empty(_log.Single("a", "write").Events);
    }

    private int Packets(Activity span, string stage) =>
        (int)_log.Children(span).Single(child => child.DisplayName == $"stage {stage}").GetTagItem(A.Packets)!;

    private IEnumerable<string> StagesOf(Activity span) =>
        _log.Children(span).Select(child => (string)child.GetTagItem(A.StageName)!).Order();
}
