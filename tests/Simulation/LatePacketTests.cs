using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// Packets outlive the work request, and even the queue pair, that they were built of. The swarm found it by seeds 568397797842 and
/// 568397800867: a responder raised an access error for a request whose sender was gone.
/// </summary>
public sealed class LatePacketTests
{
    private const int Length = 3000;
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(1);

    [Theory] // R-RESP-10, R-RESP-49
    [InlineData(false)]
    [InlineData(true)]
    public void WriteWhoseSenderIsGoneMeetsARegionThatIsGone(bool resets)
    {
        using var scene = new FabricScene(connect: FabricScene.Options with { PathMtu = PathMtu.Mtu1024 });
        scene.Fabric.Faults.When(packet => packet.Opcode(Opcode.RcWriteLast)).Delay(s_late);
        scene.A.Write(scene.B, Length);
        scene.Fabric.Advance(s_late / 2);
        var before = scene.B.Memory.AsSpan(0, Length).ToArray();
        Assert.Equal(2048, PatternGenerator.FindMismatch(before, seed: 1));
        if (resets) scene.A.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        else scene.A.QueuePair.Dispose();
        scene.HostB.MemoryError(scene.B.Memory);
        scene.Fabric.RunUntilQuiet();

        Assert.Equal(QueuePairState.Error, scene.B.QueuePair.State);
        Assert.True(scene.HostB.Device.AsyncEvents.TryRead(out var happened));
        Assert.Equal(AsyncEventType.QueuePairAccessError, happened.Type);
        Assert.Equal(before, scene.B.Memory.AsSpan(0, Length).ToArray());
        Assert.Contains(scene.Lines(FabricEvent.Dropped), line => line.Reason == DropReason.MrViolation);
    }

    [Fact] // R-RESP-18: what was executed is a duplicate when it comes again, and no fault is found in it.
    public void WriteThatIsRepeatedMeetsARegionThatIsGone()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(packet => packet.Opcode(Opcode.RcAcknowledge).First(1)).Drop();
        scene.A.Write(scene.B, Length);
        EndMemory(scene);
        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
        Assert.Equal(QueuePairState.ReadyToSend, scene.B.QueuePair.State);
    }

    [Fact] // R-RESP-18, R-RESP-14: a READ that was answered once can no longer be, and nobody is told.
    public void ReadThatIsRepeatedMeetsARegionThatIsGone()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(packet => packet.Opcode(Opcode.RcReadResponseOnly).First(1)).Drop();
        scene.A.QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaRead, Entry = scene.A.Memory.Entry(0, 100), RemoteAddress = scene.B.Memory.Address,
            RemoteKey = scene.B.Memory.RemoteKey,
        });
        EndMemory(scene);
        Assert.Equal(WorkCompletionStatus.RetryExceededError, scene.A.Completions[0].Status);
        Assert.Equal(QueuePairState.ReadyToSend, scene.B.QueuePair.State);
        Assert.DoesNotContain(scene.Lines(FabricEvent.Sent), line => line.Packet!.Opcode == Opcode.RcAcknowledge);
    }

    // B's memory goes after the request was executed, and before A asks again.
    private static void EndMemory(FabricScene scene)
    {
        scene.Fabric.Advance(s_late);
        Assert.False(scene.A.Has(1));
        scene.HostB.MemoryError(scene.B.Memory);
        scene.Fabric.RunUntil(() => scene.A.Has(1), TimeSpan.FromMinutes(1));
    }
}
