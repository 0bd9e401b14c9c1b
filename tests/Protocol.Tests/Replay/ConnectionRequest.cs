using System.Buffers.Binary;
using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>What a REQ of the communication manager offers, as far as packets show it later (cm.md section 2.1).</summary>
internal sealed record ConnectionRequest
{
    private const int BodyOffset = 24;
    private const int AttributeOffset = 16;
    private const ushort RequestAttribute = 0x10;

    private ConnectionRequest(CapturedFrame frame, ReadOnlySpan<byte> body)
    {
        Frame = frame;
        QueuePair = UInt24At(body, 32);
        (ResponderResources, InitiatorDepth) = (body[35], body[39]);
        StartingPsn = new Psn(UInt24At(body, 44));
        (RetryCount, RnrRetry, PathMtu) = (body[47] & 7, body[50] & 7, 128 << (body[50] >> 4));
        FlowLabel = UInt24At(body, 88) >> 4;
        AckTimeout = body[95] >> 3;
    }

    public CapturedFrame Frame { get; }

    public uint QueuePair { get; }

    public Psn StartingPsn { get; }

    public int ResponderResources { get; }

    public int InitiatorDepth { get; }

    public int RetryCount { get; }

    public int RnrRetry { get; }

    public int PathMtu { get; }

    public uint FlowLabel { get; }

    public int AckTimeout { get; }

    public static IEnumerable<ConnectionRequest> In(Conversation conversation)
    {
        foreach (var frame in conversation.Frames.Where(frame => frame.IsDatagram && frame.View.DestinationQueuePair == 1))
        {
            var mad = frame.View.Payload;
            if (BinaryPrimitives.ReadUInt16BigEndian(mad[AttributeOffset..]) == RequestAttribute)
                yield return new ConnectionRequest(frame, mad[BodyOffset..]);
        }
    }

    private static uint UInt24At(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]) >> 8;
}
