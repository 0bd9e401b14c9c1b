using System.Net.Sockets;
using System.Text.Json;
using RdmaPipeline.Hosting.Control.Taps;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Control;

/// <summary>Looks into another process of the same user. One request at a time.</summary>
public sealed class ControlClient : IAsyncDisposable
{
    // A snapshot of a process with many devices; what is longer is no reply.
    private const int LongestReply = 64 * 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly NetworkStream _stream;
    private readonly LineChannel _lines;

    private ControlClient(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _lines = new LineChannel(_stream, LongestReply, s_patience);
    }

    /// <summary>Connects to a process.</summary>
    /// <param name="processId">Its number.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">It has no control socket, or does not answer.</exception>
    public static async Task<ControlClient> ConnectAsync(int processId, CancellationToken cancellationToken = default)
    {
        string path = ControlDirectory.SocketOf(processId);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new ControlClient(socket);
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new IOException($"process {processId} cannot be looked into: {fault.Message} ({path})", fault);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The processes that can be looked into. Sockets that processes have left behind, because they were killed, are removed on the way.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<ControlProcess>> ListAsync(CancellationToken cancellationToken = default)
    {
        var found = new List<ControlProcess>();
        foreach (int processId in ControlDirectory.ProcessIds())
        {
            try
            {
                await using var client = await ConnectAsync(processId, cancellationToken).ConfigureAwait(false);
                found.Add(await client.HelloAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (IOException)
            {
                if (!IsAlive(processId))
                    File.Delete(ControlDirectory.SocketOf(processId));
            }
        }

        return found;
    }

    /// <summary>Which process it is.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">It went away, or refuses.</exception>
    public async Task<ControlProcess> HelloAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync(new(ControlRequest.CurrentVersion, ControlVerbs.Hello), cancellationToken).ConfigureAwait(false)).Process
        ?? throw new IOException("the process did not say who it is");

    /// <summary>Its pipelines; rates are those since the last call.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">It went away, or refuses.</exception>
    public async Task<PipelineSnapshot> SnapshotAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync(new(ControlRequest.CurrentVersion, ControlVerbs.Snapshot), cancellationToken).ConfigureAwait(false)).Snapshot
        ?? throw new IOException("the process did not say what runs");

    /// <summary>
    /// Begins to tap an edge: a capture is put into the running graph that shows every packet that passes and delays none, in front of
    /// <c>encode</c> as the frame that it would be by itself. Then come packets, and nothing else may be asked for.
    /// </summary>
    /// <param name="edge">The edge as <c>decode-&gt;dispatch</c>, or the stage it starts at if that has only one.</param>
    /// <param name="device">The device, by its name or the one it is registered under; null if there is only one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">It went away, or there is no such edge, or nothing moves in that edge.</exception>
    public async Task<ControlTap> BeginTapAsync(string edge, string? device = null, CancellationToken cancellationToken = default)
    {
        var request = new ControlRequest(ControlRequest.CurrentVersion, ControlVerbs.Tap) { Edge = edge, Device = device };
        return (await AskAsync(request, cancellationToken).ConfigureAwait(false)).Tap
            ?? throw new IOException("the process did not say what it taps");
    }

    /// <summary>The next packet of a tap.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A packet, or the end with the number of those that were missed.</returns>
    /// <exception cref="IOException">It went away.</exception>
    public async Task<(TappedPacket? Packet, long Missed)> NextPacketAsync(CancellationToken cancellationToken = default)
    {
        var reply = await HearAsync(waitsForEver: true, cancellationToken).ConfigureAwait(false);
        return (reply.Packet, reply.Missed ?? 0);
    }

    /// <summary>Ends a tap: the packets that are on their way come still, and then the end.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">It went away.</exception>
    public async Task EndTapAsync(CancellationToken cancellationToken = default)
    {
        var request = new ControlRequest(ControlRequest.CurrentVersion, ControlVerbs.Stop);
        await _lines.SendAsync(request, ControlJson.Default.ControlRequest, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private async Task<ControlReply> AskAsync(ControlRequest request, CancellationToken cancellation)
    {
        await _lines.SendAsync(request, ControlJson.Default.ControlRequest, cancellation).ConfigureAwait(false);
        return await HearAsync(waitsForEver: false, cancellation).ConfigureAwait(false);
    }

    private async Task<ControlReply> HearAsync(bool waitsForEver, CancellationToken cancellation)
    {
        try
        {
            var reply = await _lines.ReceiveAsync(ControlJson.Default.ControlReply, waitsForEver, cancellation).ConfigureAwait(false)
                ?? throw new IOException("the process went away");
            return reply.Error is null ? reply : throw new IOException($"the process refuses: {reply.Error}");
        }
        catch (JsonException fault)
        {
            throw new IOException($"the process does not speak the protocol: {fault.Message}", fault);
        }
    }
}
