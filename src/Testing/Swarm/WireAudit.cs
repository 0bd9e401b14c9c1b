using System.Buffers.Binary;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>Looks at every packet that reliable queue pairs send: PSNs, windows, credits (R-REQ-4, R-REQ-17, R-REQ-20, R-REQ-32).</summary>
internal sealed class WireAudit
{
    private const uint QueuePairMask = 0xFFFFFF;
    private const int FirstResponse = 0x0D;
    private const int LastResponse = 0x12;
    private const int Reliable = 0;
    private const int Extended = 5;

    private readonly Dictionary<(int Device, uint Destination), WireConversation> _requests = [];
    private readonly Dictionary<(int Device, uint Destination), WireConversation> _responses = [];

    /// <summary>Packets that were looked at.</summary>
    public long Packets { get; private set; }

    /// <summary>The first thing that was wrong.</summary>
    public string? Violation { get; private set; }

    /// <summary>Two queue pairs are to talk.</summary>
    /// <param name="requester">The device of the requester.</param>
    /// <param name="requesterNumber">Its queue pair.</param>
    /// <param name="responder">The device of the responder.</param>
    /// <param name="responderNumber">Its queue pair.</param>
    /// <param name="conversation">What is known of it.</param>
    public void Add(int requester, uint requesterNumber, int responder, uint responderNumber, WireConversation conversation)
    {
        _requests[(requester, responderNumber)] = conversation;
        _responses[(responder, requesterNumber)] = conversation;
    }

    /// <summary>A device sends a packet.</summary>
    /// <param name="device">The device.</param>
    /// <param name="packet">From the BTH on.</param>
    public void Look(int device, ReadOnlySpan<byte> packet)
    {
        Packets++;
        var service = packet[0] >> 5;
        if (Violation is not null || service is not (Reliable or Extended)) return;
        var destination = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) & QueuePairMask;
        var isResponse = (packet[0] & 0x1F) is >= FirstResponse and <= LastResponse;
        if (!(isResponse ? _responses : _requests).TryGetValue((device, destination), out var conversation)) return;
        Violation = isResponse ? conversation.Response(packet) : conversation.Request(packet, service == Extended);
    }
}
