namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// How the two ends of a stream come to know each other: over a connection that is there already, or by a connection manager, whose
/// messages carry offers as private data.
/// </summary>
public interface IRdmaStreamRendezvous
{
    /// <summary>Tells the peer this side's offer and hears its.</summary>
    /// <param name="own">This side's offer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The peer's offer.</returns>
    /// <exception cref="IOException">The peer went away, or what it said is no offer.</exception>
    ValueTask<RdmaStreamOffer> ExchangeAsync(RdmaStreamOffer own, CancellationToken cancellationToken);

    /// <summary>Tells the peer that this side is connected, and returns when the peer is.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The peer went away.</exception>
    ValueTask ConfirmAsync(CancellationToken cancellationToken);
}
