using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Tests.Unreliable;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>RESET leaves nothing of what was (R-REQ-53, R-RESP-50, R-CQ-22).</summary>
public sealed class ResetTests
{
    private static readonly QueuePairAttributes Reset = new() { State = QueuePairState.Reset };

    [Fact] // R-VERB-11
    public void AllAttributesAreThoseOfANewQueuePair()
    {
        var fresh = new SendSide(start: false).Machine;
        Assert.Equal((PathMtu.Mtu1024, 1024), (fresh.Query().PathMtu, fresh.PathMtuBytes));
        var side = new SendSide();
        Assert.NotEqual(fresh.Query(), side.Machine.Query());
        side.Machine.Modify(Reset, side.Now);
        Assert.Equal(fresh.Query(), side.Machine.Query());
        Assert.Equal(fresh.PathMtuBytes, side.Machine.PathMtuBytes);
    }

    [Theory] // R-VERB-11
    [InlineData(QueuePairType.UnreliableDatagram)]
    [InlineData(QueuePairType.UnreliableConnection)]
    public void AllAttributesOfTheUnreliableTypesToo(QueuePairType type)
    {
        var fresh = new UnreliableSide(type, upTo: QueuePairState.Reset);
        var side = new UnreliableSide(type);
        Assert.NotEqual(fresh.Machine.Query(), side.Machine.Query());
        side.Machine.Modify(Reset, default);
        Assert.Equal(fresh.Machine.Query(), side.Machine.Query());
    }

    [Fact] // R-RESP-36, R-CQ-22: nothing is owed, nothing is posted.
    public void WhatIsOwedAndWhatIsPostedIsGone()
    {
        var side = new SendSide();
        side.PostReceive(1);
        side.PostReceive(2);
        side.Post(3, SendOpcode.Send);
        Assert.Equal(Work.ResponseDue, Receive(side, 500));
        Assert.Equal(Work.ResponseDue, side.Machine.HandleDeadline(side.Now) & Work.ResponseDue);
        side.Machine.Modify(Reset, side.Now);
        Assert.False(side.Machine.HasResponseWork || side.Machine.HasRequestWork);
        Assert.Equal((0, 0), (side.Context.ReceiveRing.PostedCount, side.Context.SendRing.Tail - side.Context.SendRing.Retired));
        Assert.Equal(Work.None, side.Machine.HandleDeadline(side.Now) & ~Work.DeadlineChanged);
    }

    [Fact] // R-CQ-22: also what a thread posts that had passed its check of the state before.
    public void WhatIsPostedInResetIsNotSentLater()
    {
        var side = new SendSide(start: false);
        side.Post(1, SendOpcode.Send);
        side.PostReceive(2);
        side.Connect(100, 4, 14, 3, 3);
        Assert.Equal("", side.Sent());
        Assert.Equal("", side.Completed());
        Assert.Equal(0, side.Context.ReceiveRing.PostedCount);
    }

    [Fact] // R-REQ-49: the drain that was under way is over.
    public void ADrainEndsWithResetAndWithError()
    {
        foreach (var state in (QueuePairState[])[QueuePairState.Reset, QueuePairState.Error])
        {
            var side = new SendSide();
            side.Post(1, SendOpcode.Send);
            side.PollAll();
            side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, side.Now);
            Assert.True(side.Machine.Query().IsSendQueueDraining);
            side.Machine.Modify(new QueuePairAttributes { State = state }, side.Now);
            Assert.False(side.Machine.Query().IsSendQueueDraining);
            side.Machine.Modify(Reset, side.Now);
            side.Connect(100, 4, 14, 3, 3);
            Assert.Empty(side.Events);
        }
    }

    private static Work Receive(SendSide side, uint psn)
    {
        var request = new Request(Opcode.RcWriteOnly, psn) { DestinationQueuePair = SendSide.Number };
        Assert.Equal(DropReason.None, PacketView.TryParse(request.ToBytes(), out var view));
        return side.Machine.ReceiveRequest(view, default, side.Now, out _);
    }
}
