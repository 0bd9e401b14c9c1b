using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>The writer pads (R-WIRE-16), fits every header into 80 bytes (R-WIRE-20) and refuses what no packet can hold.</summary>
public sealed class PacketWriterTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    [InlineData(1021, 3)]
    public void PadCountFillsUpToFour(int length, int pad)
    {
        var writer = Writer();
        writer.Begin(Opcode.RcSendOnly, 1, new Psn(2));
        writer.AppendPayload(1, length);
        Assert.Equal(pad, writer.PadCount);
        Assert.True(Bth.TryParse(writer.Header, out var bth));
        Assert.Equal(pad, bth.PadCount);
    }

    [Fact] // R-WIRE-16: the writer counts the pad, whatever a header says that is begun with.
    public void AGivenPadCountIsNotTaken()
    {
        var writer = Writer();
        writer.Begin(new Bth { Opcode = Opcode.RcSendOnly, PadCount = 3, PartitionKey = 0xFFFF });
        Assert.True(Bth.TryParse(writer.Header, out var bth));
        Assert.Equal(0, bth.PadCount);
    }

    [Fact]
    public void AWriterThatWasNotBegunHasNothing()
    {
        var writer = Writer();
        Assert.Equal((0, false, 0), (writer.HeaderLength, writer.IsComplete, writer.PayloadLength));
        Assert.Throws<InvariantViolationException>(() => Writer().MarkMigrated());
    }

    [Theory] // R-WIRE-15: each entry may lie on both sides of a border between pages, and 10 KiB in one touch four pages of 4 KiB.
    [InlineData(1, 4)]
    [InlineData(32, 64)]
    public void ThereIsRoomForEveryPageThatAPacketMayTouch(int entries, int pages) =>
        Assert.InRange(PacketWriter.SegmentsFor(entries), pages, 2 * pages);

    [Fact]
    public void SegmentsAddUp()
    {
        var writer = Writer();
        writer.Begin(Opcode.RcSendOnly, 1, new Psn(2));
        writer.AppendPayload(16, 5);
        writer.AppendPayload(64, 0);
        writer.AppendPayload(32, 6);
        Assert.Equal((2, 11, 1), (writer.SegmentCount, writer.PayloadLength, writer.PadCount));
        Assert.Equal([new PayloadReference(16, 5), new PayloadReference(32, 6)], writer.Segments.ToArray());
    }

    [Fact]
    public void BeginForgetsWhatWasWritten()
    {
        var writer = Writer();
        writer.Begin(Opcode.RcSendOnly, 1, new Psn(2));
        writer.AppendPayload(16, 5);
        writer.Begin(Opcode.RcAcknowledge, 0xABCDEF, new Psn(0xFFFFFF), ackRequest: true, solicited: true, partitionKey: 0x7FFF);
        Assert.Equal((0, 0, 0, 16), (writer.SegmentCount, writer.PayloadLength, writer.PadCount, writer.HeaderLength));
        Assert.False(writer.IsComplete);
        writer.Append(Aeth.Ack(Aeth.UnlimitedCredit, 7));
        Assert.True(writer.IsComplete);
        Assert.Equal("11807fff00abcdef80ffffff1f000007", Convert.ToHexStringLower(writer.Header));
    }

    [Fact]
    public void HeadersThatTheOpcodeDoesNotHaveAreRefused()
    {
        Assert.Throws<InvariantViolationException>(() =>
        {
            var writer = Writer();
            writer.Begin(Opcode.RcSendOnly, 1, new Psn(2));
            writer.Append(new ImmDt(1));
        });
        Assert.Throws<InvariantViolationException>(() => Writer().Begin((Opcode)0x15, 1, new Psn(2)));
        Assert.Throws<ArgumentException>(() => new PacketWriter(new byte[79], []).SegmentRoom);
    }

    [Fact]
    public void MoreSegmentsThanThereIsRoomForIsABug() => Assert.Throws<InvariantViolationException>(() =>
    {
        var writer = Writer();
        writer.Begin(Opcode.RcSendOnly, 1, new Psn(2));
        for (var i = 0; i < 5; i++)
            writer.AppendPayload(16, 1);
    });

    private static PacketWriter Writer() => new(new byte[PacketWriter.MaxHeaderLength], new PayloadReference[4]);
}
