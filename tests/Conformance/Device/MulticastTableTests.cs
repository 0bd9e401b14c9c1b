using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Memberships, their limits, and what the back-end is told (R-VERB-12).</summary>
public class MulticastTableTests
{
    private static readonly UInt128 First = (UInt128)0xFF0E << 112;

    private readonly List<string> _told = [];
    private readonly Member _a = new(1);
    private readonly Member _b = new(2);
    private readonly Member _c = new(3);

    [Fact]
    public void TheBackEndHearsOfTheFirstAndTheLastMember()
    {
        var table = Table();
        Assert.True(table.Attach(_a, First, 0));
        Assert.True(table.Attach(_b, First, 0));
        Assert.Equal(["join 0"], _told);
        Assert.Equal([_a, _b], table.Find(First)!.Members);
        table.Detach(_a, First, 0);
        Assert.Equal(["join 0"], _told);
        table.Detach(_b, First, 0);
        Assert.Equal(["join 0", "leave 0"], _told);
        Assert.Null(table.Find(First));
        Assert.True(table.Attach(_a, First, 0));
        Assert.Equal(["join 0", "leave 0", "join 0"], _told);
    }

    [Fact]
    public void AttachingTwiceIsOneMembership()
    {
        var table = Table(memberships: 1);
        Assert.True(table.Attach(_a, First, 0));
        Assert.False(table.Attach(_a, First, 0));
        Assert.Single(table.Find(First)!.Members);
        table.Detach(_a, First, 0);
        Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => table.Detach(_a, First, 0)).Errno);
        Assert.True(table.Attach(_b, First, 0));
    }

    /// <summary>R-VERB-18: what equals a limit succeeds.</summary>
    [Fact]
    public void LimitsAreReachedAndNotPassed()
    {
        var table = Table(groups: 2, queuePairs: 2, memberships: 3);
        table.Attach(_a, First, 0);
        table.Attach(_b, First, 0);
        Refused("max_mcast_qp_attach", () => table.Attach(_c, First, 0));
        table.Attach(_a, First + 1, 0);
        Refused("max_mcast_grp", () => table.Attach(_a, First + 2, 0));
        Refused("max_total_mcast_qp_attach", () => table.Attach(_b, First + 1, 0));
        Assert.Equal(["join 0", "join 1"], _told);
        table.Detach(_b, First, 0);
        Assert.True(table.Attach(_b, First + 1, 0));
    }

    [Fact]
    public void AGroupHasOneMlid()
    {
        var table = Table();
        table.Attach(_a, First, 0xC001);
        Assert.Contains("0xc001", Refused(VerbsErrno.EINVAL, () => table.Attach(_b, First, 0xC002)), StringComparison.Ordinal);
        Refused(VerbsErrno.EINVAL, () => table.Detach(_a, First, 0xC002));
        Refused(VerbsErrno.EINVAL, () => table.Detach(_b, First, 0xC001));
        table.Detach(_a, First, 0xC001);
        Assert.True(table.Attach(_b, First, 0xC002));
    }

    [Fact]
    public void AGroupThatCannotBeJoinedHasNoMember()
    {
        var table = new MulticastTable(
            Limits(1, 1, 1), static _ => throw new RdmaException(VerbsErrno.ENODEV, "no"), static _ => Assert.Fail("never joined"));
        Refused(VerbsErrno.ENODEV, () => table.Attach(_a, First, 0));
        Assert.Null(table.Find(First));
        Refused(VerbsErrno.ENODEV, () => table.Attach(_a, First, 0));
    }

    private static void Refused(string limit, Action attach) =>
        Assert.Contains(limit, Refused(VerbsErrno.ENOMEM, attach), StringComparison.Ordinal);

    private static string Refused(VerbsErrno errno, Action attach)
    {
        var refusal = Assert.Throws<RdmaException>(attach);
        Assert.Equal(errno, refusal.Errno);
        return refusal.Message;
    }

    private static DeviceAttributes Limits(int groups, int queuePairs, int memberships) => new()
    {
        Name = "probe", MaxMulticastGroups = groups, MaxMulticastQueuePairs = queuePairs, MaxMulticastMemberships = memberships,
    };

    private MulticastTable Table(int groups = 10, int queuePairs = 10, int memberships = 10) => new(
        Limits(groups, queuePairs, memberships), group => _told.Add($"join {group - First}"), group => _told.Add($"leave {group - First}"));

    private sealed class Member(uint number) : IMulticastMember
    {
        public uint Number => number;

        public int ShardIndex => 0;

        public DropReason Admit(in PacketView packet, in FlowPath path) => DropReason.None;
    }
}
