namespace RdmaPipeline.Protocol.Datagram;

/// <summary>What answers management datagrams in the device's name (R-BE-53). Called on the shard of the queue pair they are for.</summary>
public interface IManagementService
{
    /// <summary>Whether a datagram is answered here and not by the user's queue pair. Changes nothing.</summary>
    /// <param name="request">256 bytes of anything.</param>
    /// <param name="isAlone">There is no user's queue pair to leave it to.</param>
    bool Takes(ReadOnlySpan<byte> request, bool isAlone);

    /// <summary>Answers a datagram that it takes.</summary>
    /// <param name="request">The datagram.</param>
    /// <param name="response">The answer, as long as the request.</param>
    void Answer(ReadOnlySpan<byte> request, Span<byte> response);
}
