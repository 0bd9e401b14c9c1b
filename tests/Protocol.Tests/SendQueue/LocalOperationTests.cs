using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>
/// LOCAL_INV, REG_MR and BIND_MW in the send queue: when they take effect, when they complete, what they take (R-REQ-5, R-REQ-28..31).
/// </summary>
public sealed class LocalOperationTests
{
    [Fact] // R-REQ-5, R-REQ-16: no PSN, no packet, no SSN.
    public void ALocalOperationSendsNothingAndTakesNoPsn()
    {
        var kit = new MemoryKit();
        kit.Side.Post(1, SendOpcode.Send);
        kit.Post(2, kit.Registration());
        kit.Side.Post(3, SendOpcode.Send);
        Assert.Equal("SendOnly 100!, SendOnly 101!", kit.Side.Sent());
        kit.Side.Ack(101);
        Assert.Equal("1 Success, 2 Success, 3 Success", kit.Side.Completed());
    }

    [Fact] // R-REQ-16, R-REQ-17: many local operations do not use up the credits of the messages behind them.
    public void LocalOperationsTakeNoCredits()
    {
        var kit = new MemoryKit(new SendSide(start: false));
        kit.Side.Connect(100, 4, 14, 3, 3);
        for (ulong i = 0; i < 5; i++)
        {
            var registration = kit.Registration();
            kit.Post(i, registration);
            kit.Invalidate(10 + i, registration.Key);
        }

        kit.Side.Post(99, SendOpcode.Send);
        Assert.Equal("SendOnly 100!", kit.Side.Sent());
        // MSN 1 and a credit of 0: SSN 2 may probe.
        kit.Side.Ack(100, credits: 0, msn: 1);
        kit.Side.Post(100, SendOpcode.Send);
        kit.Side.Post(101, SendOpcode.Send);
        Assert.Equal("SendOnly 101!", kit.Side.Sent());
    }

    [Fact] // R-REQ-5: in a ring that has gone round, what is posted to the slot of a local operation is sent.
    public void TheSlotOfALocalOperationIsUsedAgain()
    {
        var kit = new MemoryKit(new SendSide(capacity: 2));
        kit.Post(1, kit.Registration());
        kit.Side.Post(2, SendOpcode.Send);
        Assert.Equal("SendOnly 100!", kit.Side.Sent());
        kit.Side.Ack(100);
        kit.Side.Post(3, SendOpcode.Send);
        Assert.Equal("SendOnly 101!", kit.Side.Sent());
    }

    [Fact] // R-REQ-28: a finished one waits for what was posted before it.
    public void CompletionsKeepPostOrder()
    {
        var kit = new MemoryKit();
        kit.Side.Post(1, SendOpcode.Send);
        kit.Post(2, kit.Registration());
        kit.Side.PollAll();
        Assert.True(kit.Region.IsValid);
        Assert.Equal("", kit.Side.Completed());
        kit.Side.Ack(100);
        Assert.Equal("1 Success, 2 Success", kit.Side.Completed());
    }

    [Fact] // R-REQ-30: REG_MR is in effect before the work request behind it starts.
    public void ARegistrationIsInEffectForTheNextWorkRequest()
    {
        var kit = new MemoryKit();
        var registration = kit.Registration();
        kit.Post(1, registration);
        kit.Side.Post(2, SendOpcode.Send, SendFlags.None, registration.Entry(10, 20));
        Assert.Equal(SendSide.Bytes(10, 20), Assert.Single(kit.Side.PollAll()).Payload);
    }

    [Fact] // R-REQ-30: LOCAL_INV waits until everything before it has completed, and holds back what is behind it.
    public void AnInvalidationWaitsForEverythingBefore()
    {
        var kit = new MemoryKit();
        var registration = kit.Registration();
        kit.Post(1, registration);
        kit.Side.Post(2, SendOpcode.Send, SendFlags.None, registration.Entry(0, 600));
        kit.Invalidate(3, registration.Key);
        kit.Side.Post(4, SendOpcode.Send);
        Assert.Equal("SendFirst 100, SendMiddle 101, SendLast 102!", kit.Side.Sent());
        Assert.True(kit.Region.IsValid);
        // A retransmission still needs the memory.
        kit.Side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal("SendMiddle 101, SendLast 102!", kit.Side.Sent());
        kit.Side.Ack(102);
        Assert.Equal("SendOnly 103!", kit.Side.Sent());
        Assert.False(kit.Region.IsValid);
        Assert.Equal("1 Success, 2 Success, 3 Success", kit.Side.Completed());
    }

    [Fact] // R-REQ-44: a retry pass goes over local operations without executing them again.
    public void ARetryPassSkipsThem()
    {
        var kit = new MemoryKit();
        kit.Side.Post(1, SendOpcode.Send);
        kit.Post(2, kit.Registration());
        kit.Post(3, kit.Binding(kit.Type2B));
        kit.Side.Post(4, SendOpcode.RdmaRead, 8);
        Assert.Equal("SendOnly 100!, ReadRequest 101!", kit.Side.Sent());
        kit.Side.AwaitDeadline();
        Assert.Equal("SendOnly 100!, ReadRequest 101!", kit.Side.Sent());
        kit.Side.ReadResponse(Opcode.RcReadResponseOnly, 101, new byte[8]);
        Assert.Equal("1 Success, 2 Success, 3 Success, 4 Success", kit.Side.Completed());
        Assert.Equal(QueuePairState.ReadyToSend, kit.Side.Context.State);
    }

    [Fact] // R-REQ-14: the last packet before a local operation asks, though the next work request may start: it sends nothing that would.
    public void ThePacketBeforeALocalOperationAsksForAnAck()
    {
        var kit = new MemoryKit(new SendSide(options: QueuePairOptions.Default with { AckRequestOnEveryMessage = false }));
        kit.Side.Post(1, SendOpcode.Send);
        kit.Post(2, kit.Registration());
        Assert.Equal("SendOnly 100!", kit.Side.Sent());
    }

    [Fact] // R-REQ-29: a fence holds it back behind READs and atomics, and nothing else does.
    public void AFenceHoldsABindBehindAREAD()
    {
        var kit = new MemoryKit();
        kit.Side.Post(1, SendOpcode.RdmaRead, 8);
        kit.Post(2, kit.Binding(kit.Type2B), SendFlags.Fence);
        kit.Side.PollAll();
        Assert.False(kit.Type2B.IsBound);
        kit.Side.ReadResponse(Opcode.RcReadResponseOnly, 100, new byte[8]);
        kit.Side.PollAll();
        Assert.True(kit.Type2B.IsBound);
        var unfenced = new MemoryKit();
        unfenced.Side.Post(1, SendOpcode.RdmaRead, 8);
        unfenced.Post(2, unfenced.Binding(unfenced.Type2B));
        unfenced.Side.PollAll();
        Assert.True(unfenced.Type2B.IsBound);
    }

    [Fact] // R-REQ-49: nothing starts in SQD.
    public void NothingIsExecutedWhileTheSendQueueIsDrained()
    {
        var kit = new MemoryKit();
        kit.Side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, kit.Side.Now);
        kit.Post(1, kit.Registration());
        Assert.Empty(kit.Side.PollAll());
        Assert.False(kit.Region.IsValid);
        kit.Side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend }, kit.Side.Now);
        kit.Side.PollAll();
        Assert.True(kit.Region.IsValid);
    }

    [Fact] // R-CQ-12: unsignaled ones succeed in silence.
    public void UnsignaledOnesMakeNoCompletion()
    {
        var kit = new MemoryKit(new SendSide(signalAll: false));
        kit.Post(1, kit.Registration());
        kit.Post(2, kit.Binding(kit.Type2B), SendFlags.Signaled);
        kit.Side.PollAll();
        var completion = Assert.Single(kit.Side.PollCompletions());
        Assert.Equal((2ul, WorkCompletionOpcode.BindMemoryWindow), (completion.WorkRequestId, completion.Opcode));
        Assert.True(kit.Region.IsValid);
    }

    [Fact]
    public void ExecutingAllocatesNothing()
    {
        var kit = new MemoryKit();
        var (registration, binding, polled) = (kit.Registration(), kit.Binding(kit.Type2B), new WorkCompletion[8]);
        for (var i = 0; i < 100; i++) Round(kit, registration, binding, polled);
        Assert.Equal(0, Allocated.InOneOf(5, () =>
        {
            for (var i = 0; i < 100; i++) Round(kit, registration, binding, polled);
        }));
        Assert.Equal(QueuePairState.ReadyToSend, kit.Side.Context.State);
    }

    private static void Round(MemoryKit kit, FastRegistration registration, MemoryWindowBinding binding, WorkCompletion[] polled)
    {
        kit.Post(1, registration);
        kit.Post(2, binding);
        kit.Invalidate(3, registration.Key);
        kit.Invalidate(4, binding.RemoteKey);
        var writer = new PacketWriter(stackalloc byte[PacketWriter.MaxHeaderLength], []);
        kit.Side.Machine.PollRequest(ref writer, kit.Side.Now);
        if (kit.Side.Cq.Poll(polled) != 4) throw new InvalidOperationException("Four completions are expected.");
    }
}
