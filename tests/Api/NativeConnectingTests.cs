using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Paths on native InfiniBand: LIDs, and a GRH only where it is asked for (R-BE-51, R-VERB-16).</summary>
public sealed class NativeConnectingTests : IDisposable
{
    private static readonly Gid Peer = Gid.Parse("fe80::2");

    private readonly FakeDevice _fake = new();
    private readonly QueuePair _queuePair;

    public NativeConnectingTests()
    {
        _fake.Provider.Port = _fake.Provider.Port with { LinkLayer = LinkLayer.InfiniBand, Lid = 8, LidMaskControl = 2 };
        _queuePair = _fake.CreateQueuePair();
    }

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void TheEndpointTellsTheLid()
    {
        var endpoint = _queuePair.LocalEndpoint;
        Assert.Equal(8, endpoint.Lid);
        Assert.EndsWith("/0x8", endpoint.ToString(), StringComparison.Ordinal);
        Assert.Equal(endpoint, QueuePairEndpoint.Parse(endpoint.ToString()));
    }

    [Theory]
    [InlineData("fe80::1/0x11/0x1/0x10000")]
    [InlineData("fe80::1/0x11/0x1/8")]
    [InlineData("fe80::1/0x11/0x1/0x8/0x9")]
    public void AWrongLidIsNoEndpoint(string text) => Assert.Throws<FormatException>(() => QueuePairEndpoint.Parse(text));

    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void APathIsGlobalOnlyWhenItIsAskedFor(bool? asked, bool expected)
    {
        var peer = new QueuePairEndpoint(Peer, 0x12, 5) { Lid = 0x33 };
        _queuePair.ConnectTo(peer, new ConnectOptions { IsGlobal = asked, ServiceLevel = 3 });
        var vector = _fake.Provider.Modifications.Single(m => m.AddressVector is not null).AddressVector!;
        Assert.Equal((expected, 0x33, 3), (vector.IsGlobal, vector.DestinationLid, vector.ServiceLevel));
    }

    public static TheoryData<string, AddressVector, string[]> BadVectors() => new()
    {
        { "no lid", new() { IsGlobal = false }, ["dlid", "is 0"] },
        { "group", new() { IsGlobal = false, DestinationLid = 0xC000 }, ["dlid", "0xc000", "global"] },
        { "group, global", new() { DestinationGid = Peer, DestinationLid = 0xC000 }, ["dlid", "0xc000", "0xbfff"] },
        { "everybody", new() { IsGlobal = false, DestinationLid = 0xFFFF }, ["dlid", "0xffff"] },
        { "no lid, global", new() { DestinationGid = Peer }, ["dlid"] },
        { "path bits", new() { IsGlobal = false, DestinationLid = 1, SourcePathBits = 4 }, ["src_path_bits", "is 4", "3"] },
        { "no gid", new() { DestinationLid = 1 }, ["dgid"] },
    };

    [Theory]
    [MemberData(nameof(BadVectors))]
    public void VectorsThatLeadNowhereAreRefused(string which, AddressVector vector, string[] mentions)
    {
        Assert.NotEmpty(which);
        Failing.With(VerbsErrno.EINVAL, () => _queuePair.Modify(new QueuePairAttributes { AddressVector = vector }), mentions);
        Assert.Empty(_fake.Provider.Modifications);
    }

    [Fact]
    public void TheLimitsThemselvesAreAccepted()
    {
        _queuePair.Modify(new QueuePairAttributes
        {
            AddressVector = new AddressVector { IsGlobal = false, DestinationLid = 0xBFFF, SourcePathBits = 3, ServiceLevel = 15 },
        });
        Assert.Single(_fake.Provider.Modifications);
    }
}
