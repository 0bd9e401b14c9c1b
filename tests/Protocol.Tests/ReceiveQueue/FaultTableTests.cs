using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 10: each row, with a receive work request attached and without one.</summary>
public sealed class FaultTableTests
{
    private const uint E = 30;

    public static TheoryData<string, string, WorkCompletionStatus?, AsyncEventType?> Rows() => new()
    {
        { "gap", "NAK0 30", null, null },
        { "no receive", "RNR 30", null, null },
        { "sequence, SEND in progress", "NAK1 31", WorkCompletionStatus.RemoteInvalidRequestError, null },
        { "sequence, WRITE in progress", "NAK1 31", null, AsyncEventType.QueuePairRequestError },
        { "sequence, nothing in progress", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "unsupported", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "reserved", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "forbidden", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "length of a SEND", "NAK1 30", WorkCompletionStatus.RemoteInvalidRequestError, null },
        { "length of a WRITE", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "length of a WRITE with immediate", "NAK1 30", WorkCompletionStatus.RemoteInvalidRequestError, null },
        { "too many READs", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "misaligned", "NAK1 30", null, AsyncEventType.QueuePairRequestError },
        { "too long", "NAK1 30", WorkCompletionStatus.LocalLengthError, null },
        { "remote access", "NAK2 30", null, AsyncEventType.QueuePairAccessError },
        { "remote access, WRITE with immediate", "NAK2 30", WorkCompletionStatus.RemoteAccessError, null },
        { "local protection", "NAK3 30", WorkCompletionStatus.LocalProtectionError, null },
        { "malformed receive", "NAK3 30", WorkCompletionStatus.LocalQueuePairOperationError, null },
        { "invalidate", "ACK 30", WorkCompletionStatus.RemoteInvalidRequestError, null },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void EachRow(string row, string answers, WorkCompletionStatus? status, AsyncEventType? raised)
    {
        var side = new ReceiveSide(E, depth: row == "too many READs" ? 0 : 4);
        if (row == "malformed receive") side.PostReceive(1, new ScatterGatherEntry[side.Context.ReceiveRing.MaxEntries + 1]);
        else if (row == "local protection") side.PostReceive(1, new ScatterGatherEntry(side.SinkAddress, 1000, side.Key ^ 1));
        else if (row != "no receive") side.PostReceive(1, row == "too long" ? 10 : 1000);
        if (row != "no receive") side.PostReceive(2, 1000);
        foreach (var request in Requests(row, side)) side.Receive(request);

        Assert.NotEqual(DropReason.None, side.LastDrop);
        // Resumable faults change nothing; the others flush what is left, in order, after the failed one.
        var resumable = row is "gap" or "no receive";
        Assert.Equal(resumable ? QueuePairState.ReadyToSend : QueuePairState.Error, side.Context.State);
        WorkCompletionStatus[] expected = resumable ? []
            : [status ?? WorkCompletionStatus.WorkRequestFlushedError, WorkCompletionStatus.WorkRequestFlushedError];
        var completions = side.Completions();
        Assert.Equal(expected, completions.Select(c => c.Status));
        Assert.Equal(Enumerable.Range(1, expected.Length).Select(i => (ulong)i), completions.Select(c => c.WorkRequestId));
        Assert.All(completions, c => Assert.Equal(ReceiveSide.Number, c.QueuePairNumber));
        Assert.Equal(raised is { } type ? [type] : [], side.Events);
        var isAccess = row.StartsWith("remote access", StringComparison.Ordinal);
        Assert.Equal(isAccess ? 1 : 0, side.Scope.Counters.RefusedAccesses);
        // R-RESP-35: once, and nothing more.
        Assert.Equal(answers, side.Answers());
        if (resumable) return;
        side.Receive(side.Legal(Opcode.RcWriteOnly, side.Expected));
        Assert.Equal(DropReason.QpState, side.LastDrop);
        Assert.Equal("", side.Answers());
    }

    [Fact] // R-RESP-10: a message that is done holds no receive; those that wait are flushed, and the event tells.
    public void AFaultBehindAMessageThatIsDoneHasNoReceive()
    {
        var side = new ReceiveSide(E, receives: 2);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        side.Receive(side.Legal(Opcode.RcWriteOnly, E + 1) with { Key = 0xBAD });
        WorkCompletionStatus[] expected = [WorkCompletionStatus.Success, WorkCompletionStatus.WorkRequestFlushedError];
        Assert.Equal(expected, side.Completions().Select(c => c.Status));
        Assert.Equal([AsyncEventType.QueuePairAccessError], side.Events);
    }

    [Fact] // R-CQ-5: an error wakes who waits for what is solicited.
    public void AnErrorOfAReceiveIsSolicited()
    {
        var side = new ReceiveSide(E);
        side.PostReceive(1, 10);
        side.Cq.RequestNotification(NotificationKind.Solicited);
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal(WorkCompletionStatus.LocalLengthError, Assert.Single(side.Completions()).Status);
        Assert.Equal(1, side.Cq.EventsRaised);
    }

    [Fact] // R-CQ-8: an overrun loses the completion and the queue pair, with QP_FATAL; nothing is acknowledged (responder.md section 10).
    public void AnOverrunCompletionQueueEndsTheQueuePair()
    {
        var side = new ReceiveSide(E, receives: 3, completions: 1);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("ACK 30", side.Answers());
        side.Receive(side.Legal(Opcode.RcSendOnly, E + 1));
        Assert.Equal([AsyncEventType.QueuePairFatal], side.Events);
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal("", side.Answers());
        Assert.Equal(0, side.Context.ReceiveRing.PostedCount);
    }

    [Fact] // R-RESP-33, R-RESP-35: the READ before the fault is answered in full, then the NAK leaves.
    public void EarlierReadsAreAnsweredBeforeTheFatalNak()
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Read(E, 0, 600));
        side.Receive(side.Legal(Opcode.RcSendMiddle, E + 3));
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.True(side.Acks.HasWork);
        Assert.Equal("FIRST 30, MIDDLE 31, LAST 32, NAK1 33", side.Answers());
        Assert.False(side.Acks.HasWork);
    }

    private static Request[] Requests(string row, ReceiveSide side) => row switch
    {
        "gap" => [side.Legal(Opcode.RcSendOnly, E + 1)],
        "no receive" => [side.Legal(Opcode.RcSendOnly, E)],
        "sequence, SEND in progress" => [side.Legal(Opcode.RcSendFirst, E), side.Legal(Opcode.RcWriteOnly, E + 1)],
        "sequence, WRITE in progress" => [side.Legal(Opcode.RcWriteFirst, E), side.Legal(Opcode.RcSendOnly, E + 1)],
        "sequence, nothing in progress" => [side.Legal(Opcode.RcSendLast, E)],
        "unsupported" => [side.Legal(Opcode.RcFlush, E) with { Flush = 0x20 }],
        "reserved" => [new Request((Opcode)0x15, E)],
        "forbidden" => [Forbid(side, side.Legal(Opcode.RcWriteOnly, E))],
        "length of a SEND" => [side.Legal(Opcode.RcSendFirst, E) with { Payload = new byte[4] }],
        "length of a WRITE" => [side.Legal(Opcode.RcWriteOnly, E) with { Length = 99 }],
        "length of a WRITE with immediate" => [side.Legal(Opcode.RcWriteOnlyImmediate, E) with { Length = 99 }],
        "too many READs" => [side.Read(E, 0, 8)],
        "misaligned" => [side.Legal(Opcode.RcFetchAdd, E) with { Address = side.RegionAddress + 4 }],
        "too long" or "local protection" or "malformed receive" => [side.Legal(Opcode.RcSendOnly, E)],
        "remote access" => [side.Legal(Opcode.RcWriteOnly, E) with { Key = 1 }],
        "remote access, WRITE with immediate" => [side.Legal(Opcode.RcWriteOnlyImmediate, E) with { Key = 1 }],
        "invalidate" => [side.Legal(Opcode.RcSendOnlyInvalidate, E) with { InvalidateKey = 1 }],
        _ => throw new ArgumentOutOfRangeException(nameof(row)),
    };

    private static Request Forbid(ReceiveSide side, Request request)
    {
        side.Scope.Settings.Access = AccessFlags.None;
        return request;
    }
}
