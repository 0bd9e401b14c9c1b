using RdmaPipeline.ConformanceTests.Device;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>The prefix of SENDs, where both ends have agreed on it.</summary>
public sealed class PrefixTests
{
    private static DeviceOptions Options(int interval) =>
        new() { Traces = new TracingOptions { SampleInterval = interval, MaxPerSecond = 0, PrefixPeers = static _ => true } };

    [Theory] // Another process could be the peer: over sockets only the bytes tell.
    [InlineData(QueuePairType.ReliableConnection)]
    [InlineData(QueuePairType.UnreliableConnection)]
    public async Task TheReceiverKnowsTheSendersSpanByIt(QueuePairType type)
    {
        using var log = new SpanLog();
        var (here, there, port) = (FreePorts.LoopbackAddress(3), FreePorts.LoopbackAddress(4), FreePorts.Next());
        using var left = RdmaPipelineDevice.Open($"udp://{here}:{port}", Options(1));
        using var right = RdmaPipelineDevice.Open($"udp://{there}:{port}", Options(0));
        var (a, b) = (new UdpEnd(left, type), new UdpEnd(right, type));
        a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
        b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
        for (int i = 0; i < 20; i++)
            await a.SendToAsync(b);

        Assert.True(log.Await(20, "send "));
        Assert.True(log.Await(20, "process "));
        var sent = log.All.Where(s => s.DisplayName.StartsWith("send ", StringComparison.Ordinal)).ToDictionary(s => s.Context.SpanId);
        Assert.All(log.All.Where(s => s.DisplayName.StartsWith("process ", StringComparison.Ordinal)), span =>
        {
            var link = Assert.Single(span.Links);
            Assert.True(link.Context.IsRemote);
            Assert.Equal(sent[link.Context.SpanId].TraceId, link.Context.TraceId);
            Assert.Equal(sent[link.Context.SpanId].GetTagItem(A.MessageSequence), span.GetTagItem(A.MessageSequence));
            Assert.Equal(64L, span.GetTagItem(A.MessageSize));
        });
        Assert.Equal(20, sent.Count);
    }

    // Inline and from memory, shorter and longer than packets and the prefix; lengths are the user's, bytes are in their place, though
    // packets are lost.
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(31, false)]
    [InlineData(64, true)]
    [InlineData(4096 - 32, false)]
    [InlineData(4096 - 31, false)]
    [InlineData(4096, false)]
    [InlineData(20_000, false)]
    public void NobodySeesItInLengthsOrData(int length, bool isInline)
    {
        var host = new FabricHostOptions { Device = Options(4) };
        using var scene = new FabricScene(new LinkOptions { Loss = 0.05 }, host: host);
        var wire = new List<int>();
        scene.Fabric.PacketSent += packet => wire.Add(packet.Opcode is Opcode.RcSendOnly or Opcode.RcSendLast ? packet.PayloadLength : -1);
        const int Messages = 20;
        for (int i = 0; i < Messages; i++)
        {
            scene.B.Memory.AsSpan(0, (int)scene.B.Memory.Length).Clear();
            scene.B.Receive(length, id: (ulong)i);
            if (isInline)
            {
                scene.A.QueuePair.PostSend(new SendWorkRequest
                {
                    Opcode = SendOpcode.Send, InlineData = scene.A.Memory.AsSpan(0, length).ToArray(),
                });
            }
            else
            {
                scene.A.Send(length);
            }
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1) && scene.B.Has(i + 1));
            Assert.Equal(WorkCompletionStatus.Success, scene.B.Completions[^1].Status);
            Assert.Equal((uint)length, scene.B.Completions[^1].ByteLength);
            Assert.Equal((uint)length, scene.A.Completions[^1].ByteLength);
            Assert.Equal(-1, PatternGenerator.FindMismatch(scene.B.Memory.AsSpan(0, length), seed: 1));
            Assert.Equal(0, scene.B.Memory.AsSpan((ulong)length, 64).IndexOfAnyExcept((byte)0) + 1);
        }
        Assert.Contains((length + 32) % 4096 == 0 ? 4096 : (length + 32) % 4096, wire);
    }

    [Fact] // R-RESP-35: a peer that has not agreed sends no prefix, and is told that its message makes no sense.
    public void AMessageThatIsTooShortForOneIsRefused()
    {
        using var fabric = new RdmaTestFabric();
        var (hostA, hostB) = (fabric.AddHost("a"), fabric.AddHost("b", new FabricHostOptions { Device = Options(0) }));
        fabric.Connect(hostA, hostB);
        var (a, b) = Endpoint.Connect(hostA, hostB);
        b.Receive(100);
        a.Send(8);
        fabric.RunUntil(() => a.Has(1) && b.Has(1));
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, a.Completions[0].Status);
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, b.Completions[0].Status);
    }

    [Fact]
    public void OtherOperationsHaveNone()
    {
        using var scene = new FabricScene(host: new FabricHostOptions { Device = Options(1) });
        scene.WriteAll(64);
        Assert.Contains(scene.Fabric.Log.Entries, e => e.Packet is { Opcode: Opcode.RcWriteOnly, PayloadLength: 64 });
    }
}
