using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Attach and detach (R-VERB-12), and what they mean for the end of a queue pair (R-VERB-10).</summary>
public sealed class MulticastTests
{
    private static readonly Gid Ipv4Group = Gid.Parse("::ffff:239.1.2.3");
    private static readonly Gid Ipv6Group = Gid.Parse("ff0e::1");

    private readonly FakeDevice _fake = new();

    [Fact]
    public void AttachAndDetachReachTheTransport()
    {
        using var queuePair = Create(QueuePairType.UnreliableDatagram);
        queuePair.AttachMulticast(Ipv4Group);
        queuePair.AttachMulticast(Ipv6Group, 0x1234);
        Assert.Equal([(Ipv4Group, 0), (Ipv6Group, 0)], _fake.Provider.Groups);
        queuePair.AttachMulticast(Ipv4Group);
        queuePair.DetachMulticast(Ipv4Group);
        Assert.Equal([(Ipv6Group, (ushort)0)], _fake.Provider.Groups);
        queuePair.DetachMulticast(Ipv6Group);
    }

    [Theory]
    [InlineData(QueuePairType.ReliableConnection)]
    [InlineData(QueuePairType.UnreliableConnection)]
    public void OnlyDatagramQueuePairsJoin(QueuePairType type)
    {
        using var queuePair = Create(type);
        Failing.With(VerbsErrno.EINVAL, () => queuePair.AttachMulticast(Ipv4Group), "qp_type");
        Failing.With(VerbsErrno.EINVAL, () => queuePair.DetachMulticast(Ipv4Group), "qp_type");
    }

    [Theory]
    [InlineData("::ffff:223.255.255.255")]
    [InlineData("::ffff:240.0.0.0")]
    [InlineData("fe80::1")]
    [InlineData("::")]
    public void OnlyMulticastGidsAreGroups(string gid)
    {
        using var queuePair = Create(QueuePairType.UnreliableDatagram);
        Failing.With(VerbsErrno.EINVAL, () => queuePair.AttachMulticast(Gid.Parse(gid)), "mgid");
        Failing.With(VerbsErrno.EINVAL, () => queuePair.DetachMulticast(Gid.Parse(gid)), "mgid");
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0xBFFF, false)]
    [InlineData(0xC000, true)]
    [InlineData(0xFFFE, true)]
    [InlineData(0xFFFF, false)]
    public void OnNativeInfiniBandAGroupHasAMulticastLid(int lid, bool isLegal)
    {
        _fake.Provider.Port = _fake.Provider.Port with { LinkLayer = LinkLayer.InfiniBand };
        using var queuePair = Create(QueuePairType.UnreliableDatagram);
        if (!isLegal)
        {
            Failing.With(VerbsErrno.EINVAL, () => queuePair.AttachMulticast(Ipv6Group, (ushort)lid), "mlid");
            return;
        }
        queuePair.AttachMulticast(Ipv6Group, (ushort)lid);
        Assert.Equal([(Ipv6Group, (ushort)lid)], _fake.Provider.Groups);
        queuePair.DetachMulticast(Ipv6Group, (ushort)lid);
    }

    [Fact]
    public void AnAttachedQueuePairIsBusy()
    {
        var queuePair = Create(QueuePairType.UnreliableDatagram);
        queuePair.AttachMulticast(Ipv4Group);
        Failing.With(VerbsErrno.EBUSY, queuePair.Dispose, "multicast");
        Assert.Empty(_fake.Provider.Destroyed);
        queuePair.DetachMulticast(Ipv4Group);
        queuePair.Dispose();
        Assert.Single(_fake.Provider.Destroyed);
        Assert.Throws<ObjectDisposedException>(() => queuePair.AttachMulticast(Ipv4Group));
        Assert.Throws<ObjectDisposedException>(() => queuePair.DetachMulticast(Ipv4Group));
    }

    [Fact]
    public void ClosingTheDeviceDetachesWhatIsLeft()
    {
        var queuePair = Create(QueuePairType.UnreliableDatagram);
        queuePair.AttachMulticast(Ipv4Group);
        queuePair.AttachMulticast(Ipv6Group);
        _fake.Device.Dispose();
        Assert.Empty(_fake.Provider.Groups);
        Assert.Single(_fake.Provider.Destroyed);
    }

    private QueuePair Create(QueuePairType type) => _fake.CreateQueuePair(type: type);
}
