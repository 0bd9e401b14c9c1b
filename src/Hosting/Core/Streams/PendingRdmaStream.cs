using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// One end of a stream before it is connected: it can take what the peer sends as soon as that is connected. To be connected or disposed
/// of.
/// </summary>
public sealed class PendingRdmaStream : IDisposable
{
    private StreamQueuePair? _pair;

    internal PendingRdmaStream(RdmaDevice device, RdmaStreamOptions options)
    {
        _pair = new StreamQueuePair(device, options);
        Offer = _pair.Offer;
    }

    /// <summary>What the peer has to be told.</summary>
    public RdmaStreamOffer Offer { get; }

    /// <summary>
    /// Connects. The peer should do so too before either end writes: what is sent to one that is not connected is lost and sent again.
    /// </summary>
    /// <param name="peer">What the peer has told.</param>
    /// <returns>The stream, to which everything belongs from now on.</returns>
    /// <exception cref="RdmaException">The peer cannot be reached, or an option of the connection is wrong.</exception>
    public RdmaStream Connect(RdmaStreamOffer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ObjectDisposedException.ThrowIf(_pair is null, this);
        var stream = new RdmaStream(_pair, peer);
        _pair = null;
        return stream;
    }

    /// <summary>Gives up an end that was not connected.</summary>
    public void Dispose()
    {
        _pair?.Dispose();
        _pair = null;
    }
}
