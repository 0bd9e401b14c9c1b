using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>Every packet of a queue pair carries the P_Key at its index, and must (R-WIRE-27).</summary>
public sealed class PartitionTests
{
    [Fact]
    public void RequestsCarryTheKeyOfTheIndex()
    {
        var side = new SendSide(start: false) { PartitionKey = 0x8123 };
        side.Connect(100, depth: 4, timeout: 14, retries: 3, rnrRetries: 3);
        side.UnlimitCredits();
        side.Post(1, SendOpcode.Send, 600);
        side.Post(2, SendOpcode.RdmaRead);
        side.Post(3, SendOpcode.FetchAndAdd);
        Assert.All(side.PollAll(), p => Assert.Equal(0x8123, p.PartitionKey));
        side.PartitionKey = 0x7FFF;
        side.Post(4, SendOpcode.Send);
        Assert.Equal(0x8123, Assert.Single(side.PollAll()).PartitionKey);
        side.Machine.ReloadPartitionKey();
        side.Post(5, SendOpcode.Send);
        Assert.Equal(0x7FFF, Assert.Single(side.PollAll()).PartitionKey);
    }

    [Fact]
    public void ResponsesCarryTheKeyOfTheIndex()
    {
        var side = new ReceiveSide(receives: 1) { PartitionKey = 0x8123 };
        side.Scope.Settings.LoadPartitionKey(side);
        side.Accept(side.Legal(Opcode.RcSendOnly, 100));
        side.Accept(side.Read(101, 0, 300));
        Assert.All(side.PollAll(), r => Assert.Equal(0x8123, r.PartitionKey));
    }

    [Fact] // R-WIRE-28.
    public void PacketsOfAnotherPartitionAreRefused()
    {
        var side = new SendSide(start: false) { PartitionKey = 0x0123 };
        side.Connect(100, depth: 4, timeout: 14, retries: 3, rnrRetries: 3);
        Assert.Equal(DropReason.None, Admit(side, 0x8123));
        Assert.Equal(DropReason.BadPkey, Admit(side, 0x0123));
        Assert.Equal(DropReason.BadPkey, Admit(side, 0xFFFF));
    }

    private static DropReason Admit(SendSide side, ushort key)
    {
        var request = new Request(Opcode.RcSendOnly, 500) { DestinationQueuePair = SendSide.Number, PartitionKey = key };
        Assert.Equal(DropReason.None, PacketView.TryParse(request.ToBytes(), out var view));
        return side.Machine.Admit(view, new Gid(2), new Gid(1));
    }
}
