using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>The device's own half of the special queue pairs: what it takes, and where the answers go (R-BE-53, R-CM-3).</summary>
public sealed class ManagementTests
{
    private static readonly Gid Sender = Gid.Parse("fd00::9");

    [Fact] // R-CM-3: back the way it came, in the partition it came in, to who asked.
    public void AnAnswerGoesBackTheWayTheQuestionCame()
    {
        var side = new ManagementSide(QueuePairType.Gsi);
        var header = ManagementSide.Ipv6(Sender, side.Gids[3]!.Value);
        Assert.Null(side.Machine.PrepareRequest());
        Assert.False(side.Machine.HasRequestWork);
        Assert.Equal(DropReason.None, side.Receive(ManagementSide.Question(5, key: 0x0005), header, out var work));
        Assert.Equal(Work.SendDue, work);
        Assert.True(side.Machine.HasRequestWork);
        Assert.Equal(new AddressVector
        {
            IsGlobal = true, DestinationGid = Sender, SourceGidIndex = 3, TrafficClass = 0xAB, FlowLabel = 0x12345, HopLimit = 0xFF,
            DestinationLid = 30, ServiceLevel = 4, SourcePathBits = 1,
        }, side.Machine.PrepareRequest());
        var answer = side.Poll()!;
        Assert.Equal((Opcode.UdSendOnly, 0x77u, 0x8005), (answer.Opcode, answer.Destination, answer.PartitionKey));
        Assert.Equal(new Deth(ManagementSide.GeneralServices, 1), answer.Deth);
        Assert.Equal([6, .. Enumerable.Repeat((byte)1, ManagementSide.Length - 1)], answer.Payload);
        Assert.Equal(1, side.Machine.Counters.SentRequests);
        Assert.Null(side.Poll());
        Assert.False(side.Machine.HasRequestWork);
    }

    [Fact] // R-CM-3: nobody modifies the device's own half.
    public void ItIsReadyWhenItIsMade()
    {
        var side = new ManagementSide(QueuePairType.Gsi);
        Assert.Equal(DropReason.None, PacketView.TryParse(ManagementSide.Question(5).ToBytes(), out var question));
        Assert.Equal(DropReason.None, side.Machine.Admit(question, Sender, side.Gids[0]!.Value));
    }

    [Fact] // R-BE-51: a native packet without a GRH is answered without one, on its LID, service level and path bits.
    public void WithoutARouteHeaderTheAnswerHasNone()
    {
        var side = new ManagementSide(QueuePairType.Smi);
        Assert.Equal(DropReason.None, side.Receive(ManagementSide.Question(5)));
        Assert.Equal(new AddressVector { IsGlobal = false, DestinationLid = 30, ServiceLevel = 4, SourcePathBits = 1 },
            side.Machine.PrepareRequest());
        var answer = side.Poll()!;
        Assert.Equal(new Deth(0, 0), answer.Deth);
        Assert.Equal(0xFFFF, answer.PartitionKey);
    }

    [Theory] // What was not sent to an address of the port, or not from an address, has no way back.
    [InlineData(true)]
    [InlineData(false)]
    public void WithoutAWayBackThereIsNoAnswer(bool readable)
    {
        var side = new ManagementSide(QueuePairType.Gsi);
        var header = readable ? ManagementSide.Ipv6(Sender, Gid.Parse("fd00::8")) : new byte[40];
        Assert.Equal(DropReason.NoRoute, side.Receive(ManagementSide.Question(5), header, out var work));
        Assert.Equal(Work.None, work);
        Assert.Null(side.Machine.PrepareRequest());
        Assert.Null(side.Poll());
    }

    [Fact] // The oldest first, each under a PSN of its own; who asks more than there is room for asks again.
    public void ThereIsRoomForAFewAnswers()
    {
        const int room = 32;
        var side = new ManagementSide(QueuePairType.Gsi);
        for (var i = 0; i < room; i++) Assert.Equal(DropReason.None, side.Receive(ManagementSide.Question((byte)(i + 1), (uint)i)));
        Assert.Equal(DropReason.QueueFull, side.Receive(ManagementSide.Question(99)));
        for (var i = 0u; i < room; i++)
        {
            var answer = side.Poll()!;
            Assert.Equal((i, i, (byte)(i + 2)), (answer.Psn, answer.Destination, answer.Payload[0]));
        }

        // R-BE-11: their bytes are the device's until the back-end has taken them, and a late notice takes nothing back.
        Assert.Equal(DropReason.QueueFull, side.Receive(ManagementSide.Question(99)));
        side.Machine.HandOver(2);
        side.Machine.HandOver(1);
        Assert.Equal(DropReason.None, side.Receive(ManagementSide.Question(40)));
        Assert.Equal(DropReason.None, side.Receive(ManagementSide.Question(41)));
        Assert.Equal(DropReason.QueueFull, side.Receive(ManagementSide.Question(42)));
        Assert.Equal(((byte)41, (byte)42), (side.Poll()!.Payload[0], side.Poll()!.Payload[0]));
    }

    [Fact] // R-WIRE-32: 256 bytes of a datagram, and then it is the service that decides.
    public void OnlyManagementDatagramsAreTaken()
    {
        var side = new ManagementSide(QueuePairType.Gsi);
        var question = ManagementSide.Question(5);
        Assert.True(side.Takes(question, isAlone: true));
        Assert.True(side.Takes(question, isAlone: false));
        Assert.Equal([true, false], side.Asked);
        Assert.False(side.Takes(ManagementSide.Question(0), isAlone: true));
        Assert.Equal(3, side.Asked.Count);
        Assert.False(side.Takes(question with { Payload = question.Payload[..255] }, isAlone: true));
        Assert.False(side.Takes(new Request(Opcode.RcSendOnly, 9) { Payload = question.Payload }, isAlone: true));
        Assert.Equal(3, side.Asked.Count);
    }
}
