namespace RdmaPipeline.Backends.Management;

/// <summary>
/// Answers management datagrams in the name of a port, as adapters do for themselves (R-BE-53). What it does not take is for the user's
/// queue pair 0 or 1. Called by the shard that owns that queue pair.
/// </summary>
public interface IManagementAgent
{
    /// <summary>Whether a datagram is this agent's to answer. Changes nothing.</summary>
    /// <param name="queuePair">0 or 1: where it was sent to.</param>
    /// <param name="request">The datagram, of any bytes.</param>
    /// <param name="isAlone">There is no user's queue pair: what the agent would leave to it, it refuses itself.</param>
    bool Takes(uint queuePair, ReadOnlySpan<byte> request, bool isAlone);

    /// <summary>Does what a datagram asks for.</summary>
    /// <param name="port">The port that it speaks for.</param>
    /// <param name="request">A datagram that it takes.</param>
    /// <param name="response">The answer, as long as the request.</param>
    void Process(IManagedPort port, ReadOnlySpan<byte> request, Span<byte> response);
}
