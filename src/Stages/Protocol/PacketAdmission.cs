using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// Steps 8 to 10 of the receive validation (wire.md section 8) for a queue pair that was found by its number, as one ordered check, and
/// step 11 for a queue pair with one P_Key. It changes nothing: no packet, no work request, no sequence number, no event comes of it
/// (R-WIRE-31).
/// </summary>
internal static class PacketAdmission
{
    private static readonly TransportService?[] Services = Build();

    /// <summary>Judges a packet.</summary>
    /// <param name="packet">A packet of legal lengths, opcode and version (steps 3, 5 and 6).</param>
    /// <param name="type">Type of the queue pair.</param>
    /// <param name="state">State of the queue pair.</param>
    /// <param name="arrived">The addresses that the packet carries.</param>
    /// <param name="expected">The addresses of the queue pair's path, seen from here: source is the peer.</param>
    /// <returns><see cref="DropReason.None"/>, or the first reason to drop it.</returns>
    public static DropReason Check(in PacketView packet, QueuePairType type, QueuePairState state, in AddressPair arrived,
        in AddressPair expected)
    {
        var traits = packet.Traits;
        // Step 8. A reserved opcode of the right class goes on (R-WIRE-14).
        if (Services[(int)type] != traits.Transport || !Faces(type, traits)) return DropReason.BadTransport;
        // Step 9.
        var takes = traits.IsResponse ? QueuePairReception.Responses(state) : QueuePairReception.Requests(state);
        if (!takes) return DropReason.QpState;
        // Step 10: a datagram queue pair has no path.
        return traits.Transport != TransportService.UnreliableDatagram && arrived != expected ? DropReason.NoRoute : DropReason.None;
    }

    /// <summary>Step 11 for any queue pair but the special ones (R-WIRE-27).</summary>
    public static DropReason CheckPartition(in PacketView packet, ushort partitionKey) =>
        PartitionKeys.Match(packet.PartitionKey, partitionKey) ? DropReason.None : DropReason.BadPkey;

    /// <summary>The service of a type that has one.</summary>
    public static TransportService ServiceOf(QueuePairType type) => Services[(int)type].GetValueOrDefault();

    // R-REQ-59: of the two halves of an XRC connection one takes only responses, the other only requests.
    private static bool Faces(QueuePairType type, OpcodeTraits traits) => type switch
    {
        QueuePairType.XrcInitiator => traits.IsResponse,
        QueuePairType.XrcTarget => !traits.IsResponse,
        _ => true,
    };

    private static TransportService?[] Build()
    {
        var services = new TransportService?[(int)QueuePairType.XrcTarget + 1];
        services[(int)QueuePairType.Smi] = TransportService.UnreliableDatagram;
        services[(int)QueuePairType.Gsi] = TransportService.UnreliableDatagram;
        services[(int)QueuePairType.ReliableConnection] = TransportService.ReliableConnection;
        services[(int)QueuePairType.UnreliableConnection] = TransportService.UnreliableConnection;
        services[(int)QueuePairType.UnreliableDatagram] = TransportService.UnreliableDatagram;
        services[(int)QueuePairType.XrcInitiator] = TransportService.ExtendedReliableConnection;
        services[(int)QueuePairType.XrcTarget] = TransportService.ExtendedReliableConnection;
        return services;
    }
}
