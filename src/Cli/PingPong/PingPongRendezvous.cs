using System.Net;
using System.Net.Sockets;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// The TCP conversation of ibv_*_pingpong. Client: its destination, then the server's, then "done". The server answers only when
/// its queue pair can receive.
/// </summary>
public sealed class PingPongRendezvous : IDisposable
{
    private static readonly byte[] s_done = "done\0"u8.ToArray();
    private static readonly byte[] s_end = "END\0"u8.ToArray();

    private readonly Socket _connection;

    private PingPongRendezvous(Socket connection, bool isServer)
    {
        _connection = connection;
        _connection.NoDelay = true;
        IsServer = isServer;
    }

    public bool IsServer { get; }

    /// <summary>The address of this end of the TCP connection, which names the device when no other is asked for.</summary>
    public IPAddress LocalAddress
    {
        get
        {
            var address = ((IPEndPoint)_connection.LocalEndPoint!).Address;
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }
    }

    /// <summary>A listening socket on every address, IPv6 and IPv4, as ibv_*_pingpong opens it.</summary>
    public static Socket Listen(int port)
    {
        var listener = Socket.OSSupportsIPv6
            ? new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true }
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            listener.Listen(1);
            return listener;
        }
        catch (SocketException fault)
        {
            listener.Dispose();
            throw new CliException($"cannot listen on TCP port {port}: {fault.Message}");
        }
    }

    /// <summary>Server: waits for one client.</summary>
    public static async Task<PingPongRendezvous> AcceptAsync(Socket listener, CancellationToken cancellation) =>
        new(await listener.AcceptAsync(cancellation).ConfigureAwait(false), isServer: true);

    /// <summary>Client: connects to the first address of the host that answers.</summary>
    public static async Task<PingPongRendezvous> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
        }
        catch (SocketException fault)
        {
            throw new CliException($"cannot find host \"{host}\": {fault.Message}");
        }

        var refusal = "it has no address";
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), cancellation).ConfigureAwait(false);
                return new PingPongRendezvous(socket, isServer: false);
            }
            catch (SocketException fault)
            {
                socket.Dispose();
                refusal = fault.Message;
            }
        }

        throw new CliException($"cannot connect to {host} on TCP port {port}: {refusal}");
    }

    /// <summary>
    /// Tells the peer our destinations and gives the peer's; each side tells <paramref name="count"/>, zeros where it has no more.
    /// <paramref name="ready"/> gets the peer's and brings the queue pairs to where they can receive: before the answer at the server,
    /// after the exchange at the client.
    /// </summary>
    public async Task<IReadOnlyList<PingPongDestination>> ExchangeAsync(IReadOnlyList<PingPongDestination> own, int count,
        Action<IReadOnlyList<PingPongDestination>> ready, CancellationToken cancellation)
    {
        var all = own.Concat(Enumerable.Repeat(PingPongDestination.None, count - own.Count));
        var message = all.SelectMany(end => end.ToMessage()).ToArray();
        if (!IsServer) await SendAsync(message, cancellation).ConfigureAwait(false);
        var answer = await ReceiveAsync(message.Length, "address", cancellation).ConfigureAwait(false);
        PingPongDestination[] peers =
        [
            .. answer.Chunk(PingPongDestination.MessageLength).Select(end => PingPongDestination.Parse(end))
                .Where(end => end.QueuePairNumber != 0),
        ];
        if (IsServer)
        {
            ready(peers);
            await SendAsync(message, cancellation).ConfigureAwait(false);
            await ReceiveAsync(s_done.Length, "\"done\"", cancellation).ConfigureAwait(false);
        }
        else
        {
            await SendAsync(s_done, cancellation).ConfigureAwait(false);
            ready(peers);
        }

        return peers;
    }

    /// <summary>The conversation of ibv_xsrq_pingpong: the client tells first, and the server is ready only after its answer.</summary>
    public async Task<XrcDestination> ExchangeAsync(XrcDestination own, CancellationToken cancellation)
    {
        if (!IsServer) await SendAsync(own.ToMessage(), cancellation).ConfigureAwait(false);
        var answer = await ReceiveAsync(XrcDestination.MessageLength, "address", cancellation).ConfigureAwait(false);
        var peer = XrcDestination.Parse(answer);
        if (IsServer) await SendAsync(own.ToMessage(), cancellation).ConfigureAwait(false);
        return peer;
    }

    /// <summary>Says that this end needs no more (ibv_xsrq_pingpong).</summary>
    public Task SendEndAsync(CancellationToken cancellation) => SendAsync(s_end, cancellation);

    /// <summary>Awaits that the peer needs no more.</summary>
    public async Task ReceiveEndAsync(CancellationToken cancellation)
    {
        var end = await ReceiveAsync(s_end.Length, "\"END\"", cancellation).ConfigureAwait(false);
        if (!end.AsSpan().SequenceEqual(s_end)) throw new CliException("the peer did not end with \"END\"");
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private async Task SendAsync(byte[] message, CancellationToken cancellation)
    {
        try
        {
            await _connection.SendAsync(message, cancellation).ConfigureAwait(false);
        }
        catch (SocketException fault)
        {
            throw new CliException($"the connection to the peer broke: {fault.Message}");
        }
    }

    private async Task<byte[]> ReceiveAsync(int length, string what, CancellationToken cancellation)
    {
        var message = new byte[length];
        for (var have = 0; have < length;)
        {
            int more;
            try
            {
                more = await _connection.ReceiveAsync(message.AsMemory(have), cancellation).ConfigureAwait(false);
            }
            catch (SocketException fault)
            {
                throw new CliException($"the connection to the peer broke: {fault.Message}");
            }

            if (more == 0) throw new CliException($"the peer closed the connection after {have} of the {length} bytes of its {what}");
            have += more;
        }

        return message;
    }
}
