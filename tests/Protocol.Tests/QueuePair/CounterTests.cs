using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Tests.Unreliable;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>What a queue pair counts of its work requests and packets: each thing once, and under its own name.</summary>
public sealed class CounterTests
{
    [Theory]
    [InlineData(NakCode.RemoteAccessError, 1, 0)]
    [InlineData(NakCode.InvalidRequest, 0, 1)]
    [InlineData(NakCode.RemoteOperationalError, 0, 0)]
    public void SendsThatFailAreCountedByStatus(NakCode code, int accessErrors, int invalidRequests)
    {
        var side = new SendSide();
        for (ulong id = 1; id <= 4; id++) side.Post(id, SendOpcode.Send);
        side.PollAll();
        var before = side.Machine.Counters.ReceivedResponses;
        side.Nak(101, code);
        var counters = side.Machine.Counters;
        Assert.Equal((3, 2), (counters.SendErrors, counters.SendFlushes));
        Assert.Equal((accessErrors, invalidRequests), (counters.RemoteAccessErrors, counters.RemoteInvalidRequests));
        Assert.Equal((before + 1, 4), (counters.ReceivedResponses, counters.SentRequests));
    }

    [Fact]
    public void ReceivesThatFailAreCountedByStatus()
    {
        var side = new ReceiveSide(0);
        side.PostReceive(1, 200);
        side.PostReceive(2, 10);
        side.PostReceive(3, 200);
        side.Accept(side.Legal(Opcode.RcSendOnly, 0));
        side.Receive(side.Legal(Opcode.RcSendOnly, 1));
        var counters = side.Scope.Counters;
        Assert.Equal((2, 1, 1), (counters.ReceiveErrors, counters.ReceiveFlushes, counters.LocalLengthErrors));
    }

    [Fact]
    public void RequestsThatAreReceivedAreCountedWhetherTheyAreExecutedOrNot()
    {
        var side = new UnreliableSide();
        side.Receive(UnreliableSide.Send(Opcode.UcSendOnly, UnreliableSide.FirstPsn, 8));
        side.PostReceive(1, 8);
        side.Receive(UnreliableSide.Send(Opcode.UcSendOnly, UnreliableSide.FirstPsn + 1, 8));
        Assert.Equal((2, 1), (side.Machine.Counters.ReceivedRequests, side.Machine.Counters.RdmaReceives));
    }
}
