using System.Net;
using System.Net.Sockets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>Waits for streams at a TCP port, at which nothing but offers are exchanged.</summary>
public sealed class RdmaStreamListener : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly RdmaDevice _device;
    private readonly RdmaStreamOptions? _options;
    private readonly Socket _socket;
    private int _disposed;

    /// <summary>Begins to listen.</summary>
    /// <param name="device">The device of its streams.</param>
    /// <param name="endpoint">Where; port 0 is any free one.</param>
    /// <param name="options">How streams are made; null for the defaults.</param>
    /// <exception cref="SocketException">The address cannot be used.</exception>
    public RdmaStreamListener(RdmaDevice device, IPEndPoint endpoint, RdmaStreamOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(endpoint);
        options?.Check();
        (_device, _options) = (device, options);
        _socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(endpoint);
            _socket.Listen();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint LocalEndpoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>
    /// Waits for the next stream. Who connects and does not make an offer within ten seconds, or none that can be used, is turned away, and
    /// the next one waited for.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ObjectDisposedException">The listener was disposed of.</exception>
    public async ValueTask<RdmaStream> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            using var socket = await AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
            await using var connection = new NetworkStream(socket);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            try
            {
                return await RdmaStream.ConnectAsync(_device, new StreamRendezvous(connection), _options, patience.Token)
                    .ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or RdmaException { Errno: VerbsErrno.EHOSTUNREACH }
                || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // It is the peer's fault, and the peer sees its connection closed.
            }
        }
    }

    /// <summary>Listens no more; streams that were accepted stay.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, 1);
        _socket.Dispose();
    }

    private async ValueTask<Socket> AcceptSocketAsync(CancellationToken cancellation)
    {
        try
        {
            var socket = await _socket.AcceptAsync(cancellation).ConfigureAwait(false);
            socket.NoDelay = true;
            return socket;
        }
        catch (SocketException) when (Volatile.Read(ref _disposed) != 0)
        {
            throw new ObjectDisposedException(nameof(RdmaStreamListener));
        }
    }
}
