using System.Net;
using System.Net.Sockets;
using System.Text;
using RdmaPipeline.Cli;
using RdmaPipeline.Cli.PingPong;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>The TCP conversation, both ends ours, and each end against bytes written by hand.</summary>
public sealed class PingPongRendezvousTests
{
    private static readonly PingPongDestination s_server = new(0, 0x11, 0x123456, new Gid(1));
    private static readonly PingPongDestination s_client = new(0, 0x12, 0xABCDEF, new Gid(2));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task BothEndsLearnEachOtherAndTheServerIsReadyFirst(string host)
    {
        using var listener = PingPongRendezvous.Listen(0);
        var order = new List<string>();
        var server = Task.Run(async () =>
        {
            using var end = await PingPongRendezvous.AcceptAsync(listener, default);
            Assert.Equal(IPAddress.Parse(host), end.LocalAddress);
            return await end.ExchangeAsync([s_server], 1, _ => Note("server"), default);
        });
        using var client = await PingPongRendezvous.ConnectAsync(host, Port(listener), default);
        Assert.Equal(IPAddress.Parse(host), client.LocalAddress);
        Assert.Equal([s_server], await client.ExchangeAsync([s_client], 1, _ => Note("client"), default));
        Assert.Equal([s_client], await server);
        Assert.Equal(["server", "client"], order);

        void Note(string who)
        {
            lock (order) order.Add(who);
        }
    }

    [Fact]
    public async Task TheClientSpeaksFirstAndEndsWithDone()
    {
        using var listener = PingPongRendezvous.Listen(0);
        var peer = Task.Run(async () =>
        {
            using var socket = await listener.AcceptAsync();
            var message = await Read(socket, 52);
            await socket.SendAsync(s_server.ToMessage());
            return (message, done: await Read(socket, 5), rest: await socket.ReceiveAsync(new byte[1]));
        });
        using (var client = await PingPongRendezvous.ConnectAsync("127.0.0.1", Port(listener), default))
            await client.ExchangeAsync([s_client], 1, _ => { }, default);
        var (message, done, rest) = await peer;
        Assert.Equal("0000:000012:abcdef:00000000000000000000000000000002\0", Encoding.ASCII.GetString(message));
        Assert.Equal("done\0", Encoding.ASCII.GetString(done));
        Assert.Equal(0, rest);
    }

    [Fact]
    public async Task TheServerSaysNothingBeforeItIsReady()
    {
        using var listener = PingPongRendezvous.Listen(0);
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPAddress.Loopback, Port(listener));
        using var server = await PingPongRendezvous.AcceptAsync(listener, default);
        var available = -1;
        var exchange = server.ExchangeAsync([s_server], 1, _ => available = peer.Available, default);
        var message = s_client.ToMessage();
        await peer.Client.SendAsync(message.AsMemory(0, 20));
        await peer.Client.SendAsync(message.AsMemory(20));
        Assert.Equal(s_server, PingPongDestination.Parse(await Read(peer.Client, 52)));
        await peer.Client.SendAsync("done\0"u8.ToArray());
        Assert.Equal([s_client], await exchange);
        Assert.Equal(0, available);
    }

    [Fact]
    public async Task ManyAddressesAreToldInOneGoAndZerosStandForTheRest()
    {
        using var listener = PingPongRendezvous.Listen(0);
        var server = Task.Run(async () =>
        {
            using var end = await PingPongRendezvous.AcceptAsync(listener, default);
            return await end.ExchangeAsync([s_server, s_client], 256, _ => { }, default);
        });
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPAddress.Loopback, Port(listener));
        var none = "0000:000000:000000:00000000000000000000000000000000\0"u8.ToArray();
        await peer.Client.SendAsync(
            new[] { s_client.ToMessage(), s_server.ToMessage() }.Concat(Enumerable.Repeat(none, 254)).SelectMany(m => m).ToArray());
        var answer = await Read(peer.Client, 256 * 52);
        Assert.Equal(s_server, PingPongDestination.Parse(answer.AsSpan(0, 52)));
        Assert.Equal(s_client, PingPongDestination.Parse(answer.AsSpan(52, 52)));
        Assert.All(answer[104..].Chunk(52), rest => Assert.Equal(none, rest));
        await peer.Client.SendAsync("done\0"u8.ToArray());
        Assert.Equal([s_client, s_server], await server);
    }

    [Fact]
    public async Task APeerThatLeavesEarlyIsNamed()
    {
        using var listener = PingPongRendezvous.Listen(0);
        using (var peer = new TcpClient())
        {
            await peer.ConnectAsync(IPAddress.Loopback, Port(listener));
            await peer.Client.SendAsync(new byte[10]);
        }

        using var server = await PingPongRendezvous.AcceptAsync(listener, default);
        var fault = await Assert.ThrowsAsync<CliException>(() => server.ExchangeAsync([s_server], 1, _ => { }, default));
        Assert.Equal("the peer closed the connection after 10 of the 52 bytes of its address", fault.Message);
    }

    [Fact]
    public async Task NoListenerAndNoHostAreClearErrors()
    {
        int free;
        using (var listener = PingPongRendezvous.Listen(0)) free = Port(listener);
        var refused = await Assert.ThrowsAsync<CliException>(() => PingPongRendezvous.ConnectAsync("127.0.0.1", free, default));
        Assert.StartsWith($"cannot connect to 127.0.0.1 on TCP port {free}: ", refused.Message);
        var unknown = await Assert.ThrowsAsync<CliException>(() => PingPongRendezvous.ConnectAsync("no-such-host.invalid", 1, default));
        Assert.StartsWith("cannot find host \"no-such-host.invalid\": ", unknown.Message);
        using var taken = PingPongRendezvous.Listen(0);
        var refusal = Assert.Throws<CliException>(() => PingPongRendezvous.Listen(Port(taken)));
        Assert.StartsWith($"cannot listen on TCP port {Port(taken)}: ", refusal.Message);
    }

    private static int Port(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port;

    private static async Task<byte[]> Read(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var have = 0; have < length;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(have));
            Assert.NotEqual(0, more);
            have += more;
        }

        return bytes;
    }
}
