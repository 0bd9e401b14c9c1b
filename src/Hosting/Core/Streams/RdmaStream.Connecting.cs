using System.Net;
using System.Net.Sockets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <content>Connecting.</content>
public sealed partial class RdmaStream
{
    /// <summary>Makes one end of a stream, for programs that bring offers to the peer in their own way.</summary>
    /// <param name="device">The device.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="RdmaException">The device has no room for another queue pair or its memory.</exception>
    public static PendingRdmaStream Prepare(RdmaDevice device, RdmaStreamOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        options ??= new RdmaStreamOptions();
        options.Check();
        return new PendingRdmaStream(device, options);
    }

    /// <summary>Connects to a peer who does the same; when it returns both are connected.</summary>
    /// <param name="device">The device.</param>
    /// <param name="rendezvous">How offers get to the peer.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The peer went away, or is no peer for a stream.</exception>
    /// <exception cref="RdmaException">The device has no room for it, or the peer's address cannot be reached.</exception>
    public static async ValueTask<RdmaStream> ConnectAsync(
        RdmaDevice device, IRdmaStreamRendezvous rendezvous, RdmaStreamOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rendezvous);
        using var pending = Prepare(device, options);
        var peer = await rendezvous.ExchangeAsync(pending.Offer, cancellationToken).ConfigureAwait(false);
        var stream = pending.Connect(peer);
        try
        {
            await rendezvous.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to an <see cref="RdmaStreamListener"/>, over a TCP connection that ends when the stream is there.</summary>
    /// <param name="device">The device.</param>
    /// <param name="listener">Where it listens.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="IOException">The peer went away, or is no peer for a stream.</exception>
    /// <exception cref="RdmaException">The device has no room for it, or the peer's address cannot be reached.</exception>
    public static async ValueTask<RdmaStream> ConnectAsync(
        RdmaDevice device, EndPoint listener, RdmaStreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(listener);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(listener, cancellationToken).ConfigureAwait(false);
        await using var connection = new NetworkStream(socket);
        return await ConnectAsync(device, new StreamRendezvous(connection), options, cancellationToken).ConfigureAwait(false);
    }
}
