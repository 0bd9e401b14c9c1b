using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using RdmaPipeline.Hosting.Control;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Control;

/// <summary>The control socket: who may, what is said, and what is refused.</summary>
[Collection(DeviceCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ControlServerTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly RuntimeDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ASocketIsItsUsersAloneAndGoesWithItsServer()
    {
        await using (var server = ControlServer.Start())
        {
            Assert.Equal($"{_directory.Sockets}/{Environment.ProcessId}.sock", server.Path);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Path));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_directory.Sockets));
            var again = Assert.Throws<InvalidOperationException>(() => ControlServer.Start());
            Assert.Contains(server.Path, again.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.EnumerateFiles(_directory.Sockets));
        await ControlServer.Start().DisposeAsync();
    }

    [Fact]
    public void WithoutARuntimeDirectoryTheStateOfTheUserIsTheRoom()
    {
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", null);
        Assert.EndsWith("/.local/state/rdmapipe", ControlDirectory.Path, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", new string('d', 100));
        var fault = Assert.Throws<IOException>(() => ControlDirectory.SocketOf(1));
        Assert.Contains("it must have at most 107 bytes", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientSeesTheDevicesAndTheirRates()
    {
        string fabric = TestHost.Address("");
        using var a = RdmaPipelineDevice.Open(fabric + "a");
        using var b = RdmaPipelineDevice.Open(fabric + "b");
        await using var server = ControlServer.Start(new() { ServiceOf = device => device == a ? "left" : null });
        var running = Assert.Single(await ControlClient.ListAsync());
        Assert.Equal((Environment.ProcessId, 2), (running.ProcessId, running.Devices.Count(name => name == a.Name || name == b.Name)));
        await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
        await client.SnapshotAsync();
        var link = new Link(a, b);
        link.Write();
        await link.Queue.PollAsync(new WorkCompletion[1]);
        var snapshot = await client.SnapshotAsync();
        var left = snapshot.Devices.Single(device => device.Service == "left");
        Assert.Equal(Link.Size / 4096, left.Sent.Packets);
        Assert.Equal(Link.Size / 4096 / snapshot.IntervalSeconds, left.Sent.PacketsPerSecond, tolerance: 0.01);
    }

    [Theory]
    [InlineData("{\"version\":2,\"verb\":\"hello\"}", "version is 2; this process speaks 1", true)]
    [InlineData("{\"version\":1,\"verb\":\"reboot\"}", "verb is 'reboot'; there are hello", true)]
    [InlineData("hello", "the line is no request", false)]
    [InlineData("null", "the line is no request", false)]
    [InlineData("{\"version\":1}", "verb is ''; there are hello", true)]
    [InlineData("{\"version\":\"one\"}", "the line is no request", false)]
    public async Task WhatIsNoRequestIsRefusedInWords(string line, string error, bool goesOn)
    {
        await using var server = ControlServer.Start();
        using var socket = await ConnectAsync(server);
        using var reader = new StreamReader(new NetworkStream(socket));
        await socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));
        using var reply = JsonDocument.Parse((await reader.ReadLineAsync().WaitAsync(s_patience))!);
        Assert.Contains(error, reply.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        if (goesOn)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes("{\"version\":1,\"verb\":\"hello\"}\n"));
            Assert.Contains("\"processId\"", await reader.ReadLineAsync().WaitAsync(s_patience), StringComparison.Ordinal);
        }
        else
            await EndsAsync(socket, []);
    }

    [Fact]
    public async Task LinesClientsAndPatienceAreBounded()
    {
        await using var server = ControlServer.Start(new() { Patience = TimeSpan.FromMilliseconds(300) });
        using (var talker = await ConnectAsync(server))
        {
            await EndsAsync(talker, new byte[ControlRequest.MaxBytes + 1]);
        }

        using (var silent = await ConnectAsync(server))
        {
            await EndsAsync(silent, []);
        }
    }

    [Fact]
    public async Task MoreClientsThanThereArePlacesForAreTurnedAway()
    {
        await using var server = ControlServer.Start();
        var clients = new List<ControlClient>();
        for (int i = 0; i < ControlServer.MaxClients; i++)
        {
            clients.Add(await ControlClient.ConnectAsync(Environment.ProcessId));
            await clients[i].HelloAsync();
        }

        using (var extra = await ConnectAsync(server))
            await EndsAsync(extra, []);
        foreach (var client in clients)
        {
            await client.HelloAsync();
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task WhatAKilledProcessLeftBehindIsRemovedAndALivingOneKept()
    {
        using var dead = Process.Start(new ProcessStartInfo("true"))!;
        await dead.WaitForExitAsync();
        Directory.CreateDirectory(_directory.Sockets);
        foreach (int process in new[] { dead.Id, Environment.ProcessId })
            LeaveBehind(ControlDirectory.SocketOf(process));
        await File.WriteAllTextAsync(Path.Combine(_directory.Sockets, "notes.sock"), "no socket of ours");
        Assert.Empty(await ControlClient.ListAsync());
        Assert.False(File.Exists(ControlDirectory.SocketOf(dead.Id)));
        Assert.True(File.Exists(ControlDirectory.SocketOf(Environment.ProcessId)));
        // What lies at its own number is of an earlier process.
        await using var server = ControlServer.Start();
        Assert.Single(await ControlClient.ListAsync());
    }

    [Fact]
    public async Task IncidentsAreSeenByTheServerItself()
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var server = ControlServer.Start();
        await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
        var domain = a.CreateProtectionDomain();
        var queue = a.CreateCompletionQueue(4);
        var pair = domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        pair.Initialize();
        pair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var limit = new CancellationTokenSource(s_patience);
        PipelineSnapshot snapshot;
        while ((snapshot = await client.SnapshotAsync(limit.Token)).Incidents.Count == 0)
            await clock.WaitForNextTickAsync(limit.Token);
        Assert.Contains(snapshot.Incidents, one => one.Kind == IncidentKind.QueuePairFailed && one.Subject == $"0x{pair.Number:x}");
    }

    private static async Task<Socket> ConnectAsync(ControlServer server)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.Path));
        return socket;
    }

    private static async Task EndsAsync(Socket socket, byte[] said)
    {
        try
        {
            for (int sent = 0; sent < said.Length;)
                sent += await socket.SendAsync(said.AsMemory(sent)).AsTask().WaitAsync(s_patience);
            while (await socket.ReceiveAsync(new byte[100]).WaitAsync(s_patience) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Turned away with what it had said unread.
        }
    }

    // As after a kill: a socket that is closed here takes its file along, where it finds it.
    private static void LeaveBehind(string path)
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen();
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
    }
}
