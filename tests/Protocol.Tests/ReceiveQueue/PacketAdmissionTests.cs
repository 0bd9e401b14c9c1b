using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>wire.md section 8, steps 8 to 11.</summary>
public sealed class PacketAdmissionTests
{
    private static readonly AddressPair Path = new(Gid.Parse("10.0.0.2"), Gid.Parse("10.0.0.1"));

    [Theory] // Step 8, R-WIRE-14: the class must match the type; a reserved opcode of the class goes on.
    [InlineData(0x04, QueuePairType.ReliableConnection, DropReason.None)]
    [InlineData(0x15, QueuePairType.ReliableConnection, DropReason.None)]
    [InlineData(0x24, QueuePairType.ReliableConnection, DropReason.BadTransport)]
    [InlineData(0x64, QueuePairType.ReliableConnection, DropReason.BadTransport)]
    [InlineData(0xA4, QueuePairType.ReliableConnection, DropReason.BadTransport)]
    [InlineData(0x44, QueuePairType.ReliableConnection, DropReason.BadTransport)]
    [InlineData(0x81, QueuePairType.ReliableConnection, DropReason.BadTransport)]
    [InlineData(0x24, QueuePairType.UnreliableConnection, DropReason.None)]
    [InlineData(0x04, QueuePairType.UnreliableConnection, DropReason.BadTransport)]
    [InlineData(0x64, QueuePairType.UnreliableDatagram, DropReason.None)]
    [InlineData(0x64, QueuePairType.Gsi, DropReason.None)]
    [InlineData(0xA4, QueuePairType.XrcTarget, DropReason.None)]
    [InlineData(0xAF, QueuePairType.XrcInitiator, DropReason.None)]
    [InlineData(0x04, QueuePairType.RawPacket, DropReason.BadTransport)]
    public void TheTransportMustMatchTheType(byte opcode, QueuePairType type, DropReason expected) =>
        Assert.Equal(expected, Check(opcode, type: type));

    [Theory] // Step 9.
    [InlineData(QueuePairState.Reset, false, false)]
    [InlineData(QueuePairState.Init, false, false)]
    [InlineData(QueuePairState.ReadyToReceive, true, false)]
    [InlineData(QueuePairState.ReadyToSend, true, true)]
    [InlineData(QueuePairState.SendQueueDrained, true, true)]
    [InlineData(QueuePairState.SendQueueError, true, false)]
    [InlineData(QueuePairState.Error, false, false)]
    public void TheStateMustTakeThePacket(QueuePairState state, bool request, bool response)
    {
        Assert.Equal(request ? DropReason.None : DropReason.QpState, Check(0x04, state: state));
        Assert.Equal(response ? DropReason.None : DropReason.QpState, Check(0x11, state: state));
        Assert.Equal(request ? DropReason.None : DropReason.QpState, Check(0x15, state: state));
    }

    [Fact] // Step 10; datagram types have no path.
    public void TheAddressesMustBeThoseOfThePath()
    {
        var stranger = Gid.Parse("10.0.0.9");
        Assert.Equal(DropReason.NoRoute, Check(0x04, arrived: Path with { Source = stranger }));
        Assert.Equal(DropReason.NoRoute, Check(0x04, arrived: Path with { Destination = stranger }));
        Assert.Equal(DropReason.NoRoute, Check(0x04, arrived: new AddressPair(Path.Destination, Path.Source)));
        Assert.Equal(DropReason.None, Check(0x64, QueuePairType.UnreliableDatagram, arrived: Path with { Source = stranger }));
    }

    [Theory] // R-WIRE-26..28.
    [InlineData(0xFFFF, 0xFFFF, true)]
    [InlineData(0x7FFF, 0xFFFF, true)]
    [InlineData(0xFFFF, 0x7FFF, true)]
    [InlineData(0x7FFF, 0x7FFF, false)]
    [InlineData(0x8001, 0x0001, true)]
    [InlineData(0x8001, 0x8002, false)]
    [InlineData(0x0000, 0x8000, false)]
    [InlineData(0x8000, 0x8000, false)]
    public void PartitionKeysMustMatch(ushort packet, ushort own, bool match) =>
        Assert.Equal(match ? DropReason.None : DropReason.BadPkey, Check(0x04, packetKey: packet, ownKey: own));

    [Fact] // The order of the steps decides which reason is counted.
    public void TheFirstFaultIsTheReason()
    {
        var stranger = new AddressPair(Path.Destination, Path.Source);
        Assert.Equal(DropReason.BadTransport, Check(0x24, state: QueuePairState.Reset, arrived: stranger, packetKey: 1));
        Assert.Equal(DropReason.QpState, Check(0x04, state: QueuePairState.Reset, arrived: stranger, packetKey: 1));
        Assert.Equal(DropReason.NoRoute, Check(0x04, arrived: stranger, packetKey: 1));
        Assert.Equal(DropReason.BadPkey, Check(0x04, packetKey: 1));
    }

    [Fact] // R-WIRE-31: a packet that is dropped here leaves no trace in the queue pair.
    public void ADroppedPacketChangesNothing()
    {
        var side = new ReceiveSide(receives: 1, state: QueuePairState.Reset);
        var machine = QueuePairMachine.Create(side.Context, side.Regions, side);
        foreach (var opcode in (byte[])[0x04, 0x24, 0x11, 0x15, 0x0C])
        {
            var bytes = new Request((Opcode)opcode, 100).ToBytes();
            Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var packet));
            Assert.NotEqual(DropReason.None, machine.Admit(packet, Path.Source, Path.Destination));
        }

        Assert.Empty(side.Events);
        Assert.False(machine.HasResponseWork || machine.HasRequestWork);
        Assert.Equal((1, QueuePairState.Reset), (side.Context.ReceiveRing.PostedCount, side.Context.State));
        Assert.Equal(Instant.Never, machine.NextDeadline);
    }

    private static DropReason Check(byte opcode, QueuePairType type = QueuePairType.ReliableConnection,
        QueuePairState state = QueuePairState.ReadyToSend, AddressPair? arrived = null, ushort packetKey = 0xFFFF, ushort ownKey = 0xFFFF)
    {
        var bytes = new Request((Opcode)opcode, 1) { PartitionKey = packetKey, Payload = new byte[8] }.ToBytes();
        Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var packet));
        var drop = PacketAdmission.Check(packet, type, state, arrived ?? Path, Path);
        return drop != DropReason.None ? drop : PacketAdmission.CheckPartition(packet, ownKey);
    }
}
