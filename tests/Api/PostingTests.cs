using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>What posting puts into the rings and when it rings.</summary>
public sealed class PostingTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void AFullReceiveQueueTakesNoMoreAndSaysSo()
    {
        QueuePair queuePair = _fake.CreateQueuePair(new QueuePairCapabilities { MaxReceiveWorkRequests = 2 }, QueuePairState.Init);
        Assert.True(queuePair.TryPostReceive(new ReceiveWorkRequest { WorkRequestId = 1 }));
        ReceiveWorkRequest[] two = [new() { WorkRequestId = 2 }, new() { WorkRequestId = 3 }];
        Assert.False(queuePair.TryPostReceive(two, out int posted));
        Assert.Equal(1, posted);
        Assert.False(queuePair.TryPostReceive(two[1]));
        Assert.Equal([1ul, 2], Enumerable.Range(0, 2).Select(i => queuePair.Context.ReceiveRing.Slot(i).WorkRequestId));
    }

    [Fact]
    public void ASendArrivesInTheRingAsPosted()
    {
        QueuePair queuePair = Ready();
        queuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = 0xABCDEF, Opcode = SendOpcode.CompareAndSwap, Flags = SendFlags.Signaled | SendFlags.Fence,
            Entry = new ScatterGatherEntry(0x1000, 8, 5), RemoteAddress = 0x2000, RemoteKey = 6, CompareAdd = 7, Swap = 8,
            Immediate = 9, InvalidateKey = 10,
        });
        SendQueueRing ring = queuePair.Context.SendRing;
        Assert.True(ring.IsPublished(0));
        Assert.Equal(
            new SendWqe
            {
                WorkRequestId = 0xABCDEF, Opcode = SendOpcode.CompareAndSwap, Flags = SendFlags.Signaled | SendFlags.Fence,
                RemoteAddress = 0x2000, RemoteKey = 6, CompareAdd = 7, Swap = 8, Immediate = 9, InvalidateKey = 10,
                Length = 8, EntryCount = 1,
            },
            ring.Slot(0));
        Assert.Equal(new ScatterGatherEntry(0x1000, 8, 5), ring.Entries(0)[0]);
    }

    [Fact]
    public void EntriesAreCopiedInOrderZeroLengthsIncluded()
    {
        QueuePair queuePair = Ready();
        var entries = new[] { new ScatterGatherEntry(1, 10, 1), new ScatterGatherEntry(2, 0, 2), new ScatterGatherEntry(3, 30, 3) };
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Entries = entries });
        queuePair.PostReceive(new ReceiveWorkRequest { WorkRequestId = 4, Entries = entries });
        ScatterGatherEntry[] posted = [.. entries];
        entries.AsSpan().Clear();
        Assert.Equal(posted, queuePair.Context.SendRing.Entries(0)[..3].ToArray());
        Assert.Equal(posted, queuePair.Context.ReceiveRing.Entries(0)[..3].ToArray());
        Assert.Equal((40u, 3), (queuePair.Context.SendRing.Slot(0).Length, queuePair.Context.SendRing.Slot(0).EntryCount));
        Assert.Equal(new ReceiveWqe { WorkRequestId = 4, Length = 40, EntryCount = 3 }, queuePair.Context.ReceiveRing.Slot(0));
    }

    // R-REQ-12: inline data are copied when posted, no key is looked at.
    [Fact]
    public unsafe void InlineDataAreCopiedFromMemoryOrFromTheAddressesOfTheEntries()
    {
        QueuePair queuePair = Ready();
        SendQueueRing ring = queuePair.Context.SendRing;
        byte[] data = [1, 2, 3, 4, 5];
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, InlineData = data });
        fixed (byte* address = data)
        {
            var entries = new[] { new ScatterGatherEntry((ulong)address + 3, 2, 0), new ScatterGatherEntry((ulong)address, 3, 0) };
            queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Inline, Entries = entries });
        }
        data.AsSpan().Clear();
        Assert.True(ring.Slot(0).IsInline && ring.Slot(1).IsInline);
        Assert.Equal((5u, 0, 5u, 0), (ring.Slot(0).Length, ring.Slot(0).EntryCount, ring.Slot(1).Length, ring.Slot(1).EntryCount));
        Assert.Equal([1, 2, 3, 4, 5], ring.Inline(0)[..5].ToArray());
        Assert.Equal([4, 5, 1, 2, 3], ring.Inline(1)[..5].ToArray());
    }

    [Fact]
    public void TheDoorbellRingsOncePerRaisedFlag()
    {
        QueuePair queuePair = Ready();
        var send = new SendWorkRequest { Opcode = SendOpcode.Send };
        queuePair.PostSend(send);
        queuePair.PostSend(send);
        Assert.Equal([queuePair.Context], _fake.Provider.SendDoorbells);
        Interlocked.Exchange(ref queuePair.Context.SendDoorbellRung, 0);
        queuePair.PostSend([send, send, send]);
        Assert.Equal(2, _fake.Provider.SendDoorbells.Count);
        Interlocked.Exchange(ref queuePair.Context.SendDoorbellRung, 0);
        Assert.True(queuePair.TryPostSend([], out int none));
        Assert.Equal((0, 2), (none, _fake.Provider.SendDoorbells.Count));
    }

    // R-CQ-19: receives ring only in ERR, where they must be flushed.
    [Fact]
    public void ReceivesRingOnlyInError()
    {
        QueuePair queuePair = Ready();
        queuePair.PostReceive(new ReceiveWorkRequest());
        Assert.Empty(_fake.Provider.ReceiveDoorbells);
        queuePair.Context.State = QueuePairState.Error;
        queuePair.PostReceive(new ReceiveWorkRequest());
        queuePair.PostReceive([default, default]);
        Assert.Equal([queuePair.Context, queuePair.Context], _fake.Provider.ReceiveDoorbells);
    }

    // R-CQ-19: a post and the change to ERR at the same moment: either the post rings, or the flush finds it.
    [Fact]
    public void APostRacingWithTheChangeToErrorIsNeverForgotten()
    {
        const int Rounds = 30_000;
        QueuePair queuePair = Ready();
        QueuePairContext context = queuePair.Context;
        var meet = new SpinningBarrier();
        int forgotten = 0;
        Concurrently.Run(
            () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    meet.Wait();
                    queuePair.PostReceive(new ReceiveWorkRequest());
                    meet.Wait();
                }
            },
            () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    context.State = QueuePairState.ReadyToSend;
                    _fake.Provider.ReceiveDoorbells.Clear();
                    meet.Wait();

                    // A little later each round, so that the two meet at every point of the post.
                    Thread.SpinWait(round & 63);
                    context.State = QueuePairState.Error;
                    Interlocked.MemoryBarrier();
                    bool found = context.ReceiveRing.IsPublished(round);
                    meet.Wait();
                    forgotten += found || _fake.Provider.ReceiveDoorbells.Count == 1 ? 0 : 1;
                    context.ReceiveRing.Retire(round + 1);
                }
            });
        Assert.Equal(0, forgotten);
    }

    [Fact]
    public void AFullQueueIsFalseOrENOMEM()
    {
        QueuePair queuePair = Ready(new QueuePairCapabilities { MaxSendWorkRequests = 2, MaxReceiveWorkRequests = 3 });
        var send = new SendWorkRequest { Opcode = SendOpcode.Send };
        Assert.True(queuePair.TryPostSend(send) && queuePair.TryPostSend(send));
        Assert.False(queuePair.TryPostSend(send));
        RdmaException full = Failing.With(VerbsErrno.ENOMEM, () => queuePair.PostSend(send), "send queue", "2");
        Assert.Equal(-1, full.BadIndex);
        RdmaException third = Failing.With(
            VerbsErrno.ENOMEM, () => queuePair.PostReceive([default, default, default, default]), "receive queue", "3");
        Assert.Equal(3, third.BadIndex);
        Assert.Equal(3, queuePair.Context.ReceiveRing.PostedCount);
        queuePair.Context.SendRing.Retire(1);
        Assert.True(queuePair.TryPostSend(send));
    }

    // R-REQ-60
    [Fact]
    public void AListStopsAtTheFirstBadOneAndKeepsThoseBeforeIt()
    {
        QueuePair queuePair = Ready();
        SendWorkRequest good = new() { Opcode = SendOpcode.Send }, bad = new() { Opcode = SendOpcode.Tso };
        RdmaException error = Failing.With(VerbsErrno.EINVAL, () => queuePair.PostSend([good, good, bad, good]), "work request 2", "Tso");
        Assert.Equal(2, error.BadIndex);
        Assert.Equal(2, queuePair.Context.SendRing.Tail);
        Assert.Single(_fake.Provider.SendDoorbells);

        var tooLong = new ReceiveWorkRequest { Entry = new ScatterGatherEntry(0, 1u << 31, 0) };
        RdmaException second = Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive([default, tooLong]), "work request 1");
        Assert.Equal(1, second.BadIndex);
        Assert.Equal(1, queuePair.Context.ReceiveRing.PostedCount);
    }

    [Fact]
    public void PostingAllocatesNothing()
    {
        QueuePair queuePair = Ready();
        QueuePairContext context = queuePair.Context;
        var send = new SendWorkRequest { Opcode = SendOpcode.RdmaWrite, Entry = new ScatterGatherEntry(1, 2, 3), RemoteAddress = 4 };
        var inline = new SendWorkRequest { Opcode = SendOpcode.Send, InlineData = new byte[16] };
        var receive = new ReceiveWorkRequest { Entry = new ScatterGatherEntry(1, 2, 3) };
        context.SendDoorbellRung = 1;
        long allocated = 0;
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 500; i++)
            {
                queuePair.PostSend(send);
                queuePair.PostSend(inline);
                queuePair.PostReceive(receive);
                context.SendRing.Retire(context.SendRing.Tail);
                context.ReceiveRing.Retire(context.ReceiveRing.Tail);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    private QueuePair Ready(QueuePairCapabilities? capabilities = null) => _fake.CreateQueuePair(capabilities, QueuePairState.ReadyToSend);
}
