using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Making queue pairs ready that talk to many.</summary>
public sealed class DatagramQueuePairTests : IDisposable
{
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Theory] // verbs.md section 6.1: a special queue pair has its port from the beginning.
    [InlineData(QueuePairType.UnreliableDatagram, 1)]
    [InlineData(QueuePairType.Gsi, null)]
    [InlineData(QueuePairType.Smi, null)]
    public void ActivateGoesAllTheWay(QueuePairType type, int? port)
    {
        QueuePair queuePair = _fake.CreateQueuePair(type: type);
        queuePair.Activate(0x1234);
        Assert.Equal(
        [
            new() { State = QueuePairState.Init, Port = port, PkeyIndex = 0, Qkey = 0x1234 },
            new() { State = QueuePairState.ReadyToReceive },
            new() { State = QueuePairState.ReadyToSend, SendPsn = queuePair.InitialPsn },
        ],
        _fake.Provider.Modifications);
    }

    [Fact]
    public void AConnectedTypeIsNotActivated()
    {
        QueuePair queuePair = _fake.CreateQueuePair(type: QueuePairType.UnreliableConnection);
        var error = Assert.Throws<RdmaException>(() => queuePair.Activate(1));
        Assert.Equal(VerbsErrno.EINVAL, error.Errno);
        Assert.Empty(_fake.Provider.Modifications);
    }

    [Theory] // verbs.md section 6: bad port.
    [InlineData(QueuePairType.Gsi, true)]
    [InlineData(QueuePairType.Smi, true)]
    [InlineData(QueuePairType.UnreliableDatagram, false)]
    public void ASpecialQueuePairNeedsAPort(QueuePairType type, bool refused)
    {
        QueuePair Create() => _fake.Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, Port = 2, SendCompletionQueue = _fake.Queue, ReceiveCompletionQueue = _fake.Queue,
        });
        if (refused)
            Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(Create).Errno);
        else
            Assert.Equal(type, Create().Type);
    }
}
