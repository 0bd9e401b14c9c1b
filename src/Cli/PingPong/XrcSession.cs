using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// The XRC queue pairs of one end, a target and an initiator for each client, and the one queue of receives: as in ibv_xsrq_pingpong the
/// server sends first, and each message is answered by one to the queue of who sent it.
/// </summary>
public sealed class XrcSession : IDisposable
{
    /// <summary>The XRC domain that the clients of one device share: a message for one may come in on another's connection.</summary>
    public const string DomainName = "xsrq_pingpong";

    private const ulong SendId = 1;
    private const ulong ReceiveId = 2;

    private readonly PingPongOptions _options;
    private readonly ConnectOptions _connecting;
    private readonly Gid _gid;
    private readonly ushort _lid;
    private readonly ProtectionDomain _domain;
    private readonly XrcDomain _xrc;
    private readonly PingPongBuffers _buffers;
    private readonly CompletionQueue _completions;
    private readonly SharedReceiveQueue _receives;
    private readonly QueuePair[] _targets;
    private readonly QueuePair[] _initiators;
    private readonly XrcDestination[] _peers;
    private readonly int[] _posted;
    private int _received;
    private int _finished;

    /// <summary>Makes the queues on <paramref name="device"/>, whose source address is its GID <paramref name="gidIndex"/>.</summary>
    public XrcSession(RdmaDevice device, int gidIndex, PingPongOptions options)
    {
        _options = options;
        // The server may send before the client has heard its answer: 67 ms, as ibv_xsrq_pingpong has it, until it sends again.
        _connecting = PingPongQueue.Connecting(gidIndex, options) with { Timeout = 14 };
        (_gid, _lid) = (device.QueryGid(options.DevicePort, gidIndex), device.QueryPort(options.DevicePort).Lid);
        _domain = device.CreateProtectionDomain();
        _xrc = device.OpenXrcDomain(DomainName);
        _buffers = new PingPongBuffers(_domain, options);
        _completions = device.CreateCompletionQueue(4 * Clients);
        _receives = _domain.CreateSharedReceiveQueue(new()
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = _xrc, CompletionQueue = _completions, MaxWorkRequests = Clients, MaxEntries = 1,
        });
        _targets = [.. Enumerable.Range(0, Clients).Select(_ => _xrc.CreateQueuePair(new() { Type = QueuePairType.XrcTarget }))];
        _initiators = [.. Enumerable.Range(0, Clients).Select(_ => _domain.CreateQueuePair(Initiator()))];
        (_peers, _posted) = (new XrcDestination[Clients], new int[Clients]);
        for (var i = 0; i < Clients; i++) PostReceive();
    }

    private int Clients => _options.QueuePairs;

    /// <summary>Where the client of this number, from 0, reaches this end.</summary>
    public XrcDestination Local(int client) =>
        new(_lid, _targets[client].Number, _initiators[client].Number, _initiators[client].InitialPsn, _receives.Number, _gid);

    /// <summary>Walks the queue pairs of one client to RTS: its initiator sends to our target, ours to its target.</summary>
    public void Connect(int client, XrcDestination peer)
    {
        _peers[client] = peer;
        _targets[client].ConnectTo(new(peer.Gid, peer.Initiator, peer.Psn), _connecting);
        _initiators[client].ConnectTo(new(peer.Gid, peer.Target, peer.Psn), _connecting);
    }

    /// <summary>
    /// Exchanges all messages; the time until the last was acknowledged. A <see cref="CliException"/> when nothing completed for
    /// <see cref="PingPongOptions.Patience"/>.
    /// </summary>
    public async Task<TimeSpan> RunAsync(bool first, CancellationToken cancellation)
    {
        using var arrivals = new CompletionWatch(_completions, _options, cancellation);
        var watch = Stopwatch.StartNew();
        for (var client = 0; first && client < Clients; client++) PostSend(client);
        var completions = new WorkCompletion[2 * Clients];
        while (_received < Clients * _options.Iterations || _finished < Clients)
        {
            var count = await arrivals.NextAsync(completions).ConfigureAwait(false);
            if (count == 0)
            {
                throw new CliException($"nothing came for {_options.Patience.TotalSeconds} s after {_received} messages received "
                    + $"of {Clients * _options.Iterations}: the peer has stopped");
            }

            for (var i = 0; i < count; i++) Complete(completions[i]);
        }

        return watch.Elapsed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var queuePair in _initiators.Concat(_targets)) queuePair.Dispose();
        _receives.Dispose();
        _completions.Dispose();
        _buffers.Dispose();
        _xrc.Dispose();
        _domain.Dispose();
    }

    private QueuePairInitAttributes Initiator() => new()
    {
        Type = QueuePairType.XrcInitiator, SendCompletionQueue = _completions,
        Capabilities = new() { MaxSendWorkRequests = 2 * Clients, MaxSendEntries = 1 },
    };

    private void Complete(in WorkCompletion completion)
    {
        var isSend = completion.WorkRequestId == SendId;
        if (!completion.IsSuccess)
            throw new CliException($"a {(isSend ? "send" : "receive")} failed after {_received} messages: {completion.Status}");
        if (isSend) _finished++;
        else Receive(completion);
    }

    private void Receive(in WorkCompletion completion)
    {
        _received++;
        if (completion.ByteLength != _options.Size)
            throw new CliException($"message {_received} has {completion.ByteLength} bytes, not {_options.Size}: the peer uses another -s");
        PostReceive();
        var number = completion.QueuePairNumber;
        var client = Array.FindIndex(_targets, target => target.Number == number);
        // With one client, a message may come on a connection that another end of this device has with the same server.
        if (_posted[Math.Max(client, 0)] < _options.Iterations) PostSend(Math.Max(client, 0));
    }

    private void PostReceive() => _receives.PostReceive(new ReceiveWorkRequest { WorkRequestId = ReceiveId, Entry = _buffers.Incoming(0) });

    // As in ibv_xsrq_pingpong the messages for a client take turns on the connections of all, and only the last one is signalled.
    private void PostSend(int client)
    {
        var connection = (client + _posted[client]) % Clients;
        var isLast = ++_posted[client] == _options.Iterations;
        _initiators[connection].PostSend(new SendWorkRequest
        {
            WorkRequestId = SendId, Opcode = SendOpcode.Send, Flags = isLast ? SendFlags.Signaled : SendFlags.None,
            Entry = _buffers.Outgoing, RemoteSharedReceiveQueue = _peers[client].SharedReceiveQueue,
        });
    }
}
