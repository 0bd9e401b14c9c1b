using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>create_qp (verbs.md 6, R-VERB-9, R-VERB-18).</summary>
public sealed class QueuePairCreationTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void ItGetsWhatItAskedForAndStartsInReset()
    {
        var caps = new QueuePairCapabilities
        {
            MaxSendWorkRequests = 3, MaxReceiveWorkRequests = 5, MaxSendEntries = 2, MaxReceiveEntries = 7, MaxInlineData = 100,
        };
        QueuePair queuePair = _fake.Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = _fake.Queue, ReceiveCompletionQueue = _fake.Queue, Capabilities = caps, SignalAll = true,
            UserContext = this,
        });
        QueuePairContext context = queuePair.Context;
        Assert.Equal(caps, queuePair.Capabilities);
        Assert.Equal(QueuePairState.Reset, queuePair.State);
        Assert.Equal(QueuePairType.ReliableConnection, queuePair.Type);
        Assert.Same(this, queuePair.UserContext);
        Assert.True(queuePair.SignalAll && context.SignalAll);
        Assert.Equal(16u, queuePair.Number);
        Assert.Equal((3, 2, 100), (context.SendRing.Capacity, context.SendRing.MaxEntries, context.SendRing.MaxInline));
        Assert.Equal((5, 7), (context.ReceiveRing.Capacity, context.ReceiveRing.MaxEntries));
        Assert.Equal((_fake.Queue, _fake.Queue), (context.SendCq, context.ReceiveCq));
        Assert.Equal(_fake.Domain.Handle, context.ProtectionDomain);
        Assert.Same(queuePair, context.Owner);
    }

    [Fact]
    public void MissingForeignAndNeedlessQueuesAreRefused()
    {
        using var other = new FakeDevice();
        CompletionQueue mine = _fake.Queue, foreign = other.Queue;
        Refused(VerbsErrno.EINVAL, new() { ReceiveCompletionQueue = mine }, "send_cq", "missing");
        Refused(VerbsErrno.EINVAL, new() { SendCompletionQueue = mine }, "recv_cq", "missing");
        Refused(VerbsErrno.EINVAL, new() { SendCompletionQueue = foreign, ReceiveCompletionQueue = mine }, "send_cq", "another device");
        Refused(
            VerbsErrno.EINVAL, new() { Type = QueuePairType.XrcInitiator, SendCompletionQueue = mine, ReceiveCompletionQueue = mine },
            "recv_cq", "XrcInitiator");
        Refused(VerbsErrno.EINVAL, new() { Type = (QueuePairType)5 }, "qp_type", "5");
        Refused(VerbsErrno.EINVAL, new() { Type = (QueuePairType)77 }, "qp_type", "77");
        Refused(VerbsErrno.EOPNOTSUPP, new() { Type = QueuePairType.RawPacket }, "qp_type", "RawPacket");
    }

    [Fact]
    public void AQueueDisposedOfIsRefused()
    {
        CompletionQueue gone = _fake.Device.CreateCompletionQueue(1);
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _fake.Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = gone, ReceiveCompletionQueue = _fake.Queue,
        }));
        Assert.Equal(0, _fake.Device.QueuePairCount);
    }

    [Theory]
    [InlineData("max_send_wr", 16)]
    [InlineData("max_recv_wr", 16)]
    [InlineData("max_send_sge", 4)]
    [InlineData("max_recv_sge", 4)]
    [InlineData("max_inline_data", 48)]
    public void SizesReachExactlyTheLimits(string which, int limit)
    {
        using var small = new FakeDevice(new DeviceAttributes
        {
            Name = "small", MaxQueuePairWorkRequests = 16, MaxScatterGatherEntries = 4, MaxInlineData = 48,
        });
        small.CreateQueuePair(With(which, limit)).Dispose();
        small.CreateQueuePair(With(which, 0)).Dispose();
        Failing.With(VerbsErrno.EINVAL, () => small.CreateQueuePair(With(which, limit + 1)), which, $"is {limit + 1}", $"{limit}");
        Failing.With(VerbsErrno.EINVAL, () => small.CreateQueuePair(With(which, -1)), which, "-1");
    }

    // verbs.md 8 as the default record reports it
    [Fact]
    public void TheLargestQueuesOfTheDefaultDeviceCanBeMade()
    {
        QueuePair largest = _fake.CreateQueuePair(new QueuePairCapabilities
        {
            MaxSendWorkRequests = 1 << 20, MaxReceiveWorkRequests = 1 << 20, MaxSendEntries = 1, MaxReceiveEntries = 1, MaxInlineData = 0,
        });
        Assert.Equal(1 << 20, largest.Context.SendRing.Capacity);
    }

    [Fact]
    public void InitialPsnsAre24RandomBits()
    {
        uint[] psns = [.. Enumerable.Range(0, 50).Select(_ => _fake.CreateQueuePair().InitialPsn)];
        Assert.All(psns, psn => Assert.InRange(psn, 0u, 0xFFFFFFu));
        Assert.True(psns.Distinct().Count() > 45);
        Assert.Contains(psns, psn => psn > 0xFFFF);
    }

    private static QueuePairCapabilities With(string which, int value)
    {
        var small = new QueuePairCapabilities
        {
            MaxSendWorkRequests = 1, MaxReceiveWorkRequests = 1, MaxSendEntries = 1, MaxReceiveEntries = 1, MaxInlineData = 1,
        };
        return which switch
        {
            "max_send_wr" => small with { MaxSendWorkRequests = value },
            "max_recv_wr" => small with { MaxReceiveWorkRequests = value },
            "max_send_sge" => small with { MaxSendEntries = value },
            "max_recv_sge" => small with { MaxReceiveEntries = value },
            _ => small with { MaxInlineData = value },
        };
    }

    private void Refused(VerbsErrno errno, QueuePairInitAttributes init, params string[] mentions) =>
        Failing.With(errno, () => _fake.Domain.CreateQueuePair(init), mentions);
}
