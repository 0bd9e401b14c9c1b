using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Tests.Unreliable;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>What depends on the link, and what stages ask a machine for.</summary>
public sealed class LinkLayerTests
{
    private const byte Migrated = 0x40;

    [Theory] // R-VERB-21: M=1 in every packet of a native link without path migration; on RoCE it is 0 as Soft-RoCE sends it.
    [InlineData(LinkLayer.InfiniBand, Migrated)]
    [InlineData(LinkLayer.Ethernet, 0)]
    public void RequestsAndResponsesTellOfTheMigrationState(LinkLayer link, byte expected)
    {
        var side = new SendSide(options: new QueuePairOptions { LinkLayer = link });
        side.Post(1, SendOpcode.Send);
        Assert.Equal(expected, Assert.Single(side.PollAll()).Header[1] & Migrated);
        var request = new Request(Opcode.RcWriteOnly, 500) { DestinationQueuePair = SendSide.Number };
        Assert.Equal(DropReason.None, PacketView.TryParse(request.ToBytes(), out var view));
        side.Machine.ReceiveRequest(view, default, side.Now, out _);
        var writer = new PacketWriter(new byte[PacketWriter.MaxHeaderLength], new PayloadReference[8]);
        Assert.True(side.Machine.PollResponse(ref writer, side.Now));
        Assert.Equal(expected, writer.Header[1] & Migrated);
        Assert.False(side.Machine.PollResponse(ref writer, side.Now));
    }

    [Fact] // R-BE-51: only a native link has paths without a GRH; one that is global needs a GID there too.
    public void ANativePathNeedsNoGlobalRoute()
    {
        var machine = new SendSide(start: false, options: new QueuePairOptions { LinkLayer = LinkLayer.InfiniBand }).Machine;
        machine.Modify(new QueuePairAttributes
        {
            State = QueuePairState.Init, PkeyIndex = 0, Port = 1, Access = AccessFlags.None,
        }, default);
        var ready = new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive, AddressVector = new AddressVector { IsGlobal = true, SourceGidIndex = 1 },
            PathMtu = PathMtu.Mtu256, DestinationQueuePair = 5, ReceivePsn = 1, MaxDestinationReadAtomic = 1, MinRnrTimer = 1,
        };
        Assert.Contains("sgid_index", Assert.Throws<RdmaException>(() => machine.Modify(ready, default)).Message, StringComparison.Ordinal);
        machine.Modify(ready with { AddressVector = new AddressVector { IsGlobal = false, SourceGidIndex = 1 } }, default);
        Assert.Equal(QueuePairState.ReadyToReceive, machine.Query().State);
    }

    [Fact] // R-REQ-54, R-REQ-55: who waits for the back-end, and whose packets go different ways.
    public void StagesLearnWhatAMachineNeeds()
    {
        var reliable = new SendSide().Machine;
        var connection = new UnreliableSide().Machine;
        var datagram = new UnreliableSide(QueuePairType.UnreliableDatagram).Machine;
        Assert.Equal((false, false, false), (reliable.AwaitsHandover, reliable.HasPathPerRequest, reliable.WantsOrigin));
        Assert.Equal((true, false, false), (connection.AwaitsHandover, connection.HasPathPerRequest, connection.WantsOrigin));
        Assert.Equal((true, true, true), (datagram.AwaitsHandover, datagram.HasPathPerRequest, datagram.WantsOrigin));
        Assert.False(connection.HasResponseWork);
    }

    [Fact] // R-WIRE-26, R-WIRE-27: a host without a table of its own has the default partition and no other.
    public void AHostWithoutATableHasTheDefaultPartition()
    {
        IQueuePairHost host = new BareHost();
        Assert.Equal((0xFFFF, 0), (host.FindPkey(1, 0), host.FindPkey(1, 1)));
        Assert.Equal((0, 0, -1), (host.MatchPkey(1, 0xFFFF), host.MatchPkey(1, 0x7FFF), host.MatchPkey(1, 0x8001)));
    }

    [Fact] // R-REQ-4; verbs.md section 8.
    public void TheDefaultsAreThoseOfTheRules()
    {
        var options = QueuePairOptions.Default;
        Assert.Equal((512 * 1024, 66, true), (options.RequestWindowBytes, options.AckRequestInterval, options.AckRequestOnEveryMessage));
        Assert.Equal((1024, 4096, 128), (options.GidTableLength, options.ActiveMtuBytes, options.MaxReadAtomicDepth));
        Assert.Equal((1, 1), (options.PortCount, options.PartitionKeyTableLength));
    }

    private sealed class BareHost : IQueuePairHost
    {
        public void Raise(AsyncEventType type)
        {
        }

        public Gid? FindGid(int port, int index) => null;
    }
}
