using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// The queue pair of one end and its messages: as in ibv_rc_pingpong each end sends one message for each it has received, one
/// at a time, until it has sent and received all.
/// </summary>
public sealed class PingPongSession : IDisposable
{
    // 1.07 s, where ibv_rc_pingpong has 67 ms: megabytes under way to an emulated or busy peer take longer, and are not lost.
    private const int PatientTimeout = 18;

    private const ulong SendId = 1;
    private const ulong ReceiveId = 2;

    private readonly PingPongOptions _options;
    private readonly byte[] _outgoing;
    private readonly byte[] _incoming;
    private readonly ProtectionDomain _domain;
    private readonly MemoryRegion _outgoingRegion;
    private readonly MemoryRegion _incomingRegion;
    private readonly CompletionQueue _completions;
    private readonly QueuePair _queuePair;
    private readonly int _gidIndex;
    private int _posted;
    private int _sent;
    private int _received;
    private ulong _pending = ReceiveId;
    private int _wrongAt = -1;

    /// <summary>Makes the queue pair on <paramref name="device"/>, whose source address is its GID <paramref name="gidIndex"/>.</summary>
    public PingPongSession(RdmaDevice device, int gidIndex, PingPongOptions options)
    {
        _options = options;
        _gidIndex = gidIndex;
        _outgoing = GC.AllocateUninitializedArray<byte>(options.Size, pinned: true);
        _incoming = GC.AllocateUninitializedArray<byte>(options.Size, pinned: true);
        PingPongPattern.Write(_outgoing, options.Check, Environment.SystemPageSize);
        _incoming.AsSpan().Fill(PingPongPattern.Poison);
        _domain = device.CreateProtectionDomain();
        _outgoingRegion = _domain.RegisterMemory(_outgoing, AccessFlags.None);
        _incomingRegion = _domain.RegisterMemory(_incoming, AccessFlags.LocalWrite);
        _completions = device.CreateCompletionQueue(options.ReceiveDepth + 1);
        _queuePair = _domain.CreateQueuePair(new()
        {
            SendCompletionQueue = _completions, ReceiveCompletionQueue = _completions, SignalAll = true,
            Capabilities = new()
            {
                MaxSendWorkRequests = 1, MaxReceiveWorkRequests = options.ReceiveDepth, MaxSendEntries = 1, MaxReceiveEntries = 1,
            },
        });
        var end = _queuePair.GetLocalEndpoint(gidIndex, options.DevicePort);
        Local = new(device.QueryPort(options.DevicePort).Lid, end.QueuePairNumber, end.Psn, end.Gid);
    }

    /// <summary>Where this end can be reached.</summary>
    public PingPongDestination Local { get; }

    /// <summary>With -c: the first byte of a received message that was wrong; -1 while all were right.</summary>
    public int WrongAt => _wrongAt;

    /// <summary>
    /// Posts the receives and walks the queue pair to RTS towards the peer, with the attributes of ibv_rc_pingpong but for the timeout.
    /// </summary>
    public void Connect(PingPongDestination peer)
    {
        var options = new ConnectOptions
        {
            Port = _options.DevicePort,
            SourceGidIndex = _gidIndex,
            PathMtu = PathMtuExtensions.FromBytes(_options.Mtu),
            Access = AccessFlags.None,
            Timeout = PatientTimeout,
            MaxReadAtomic = 1,
            MaxDestinationReadAtomic = 1,
            ServiceLevel = (byte)_options.ServiceLevel,
        };
        _queuePair.Initialize(options);
        PostReceives();
        _queuePair.ConnectTo(peer.Endpoint, options);
    }

    /// <summary>Exchanges all messages; the time from the first to the last completion.</summary>
    public async Task<TimeSpan> RunAsync(bool first, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        if (first) PostSend();
        var completions = new WorkCompletion[2];
        while (_sent < _options.Iterations || _received < _options.Iterations)
        {
            var count = _options.Events
                ? await _completions.PollAsync(completions, cancellation).ConfigureAwait(false)
                : Poll(completions, cancellation);
            for (var i = 0; i < count; i++) Complete(completions[i]);
        }

        return watch.Elapsed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queuePair.Dispose();
        _completions.Dispose();
        _incomingRegion.Dispose();
        _outgoingRegion.Dispose();
        _domain.Dispose();
    }

    private int Poll(WorkCompletion[] completions, CancellationToken cancellation)
    {
        int count;
        while ((count = _completions.Poll(completions)) == 0) cancellation.ThrowIfCancellationRequested();
        return count;
    }

    private void Complete(in WorkCompletion completion)
    {
        if (!completion.IsSuccess)
        {
            var what = completion.WorkRequestId == SendId ? "send" : "receive";
            var number = completion.WorkRequestId == SendId ? _sent : _received;
            throw new CliException($"{what} {number + 1} of {_options.Iterations} failed: {completion.Status}");
        }

        if (completion.WorkRequestId == SendId) _sent++;
        else Receive(completion.ByteLength);
        _pending &= ~completion.WorkRequestId;
        if (_sent < _options.Iterations && _pending == 0) PostSend();
    }

    private void Receive(uint length)
    {
        _received++;
        if (length != _options.Size)
            throw new CliException($"message {_received} has {length} bytes, not {_options.Size}: the peer uses another -s");
        if (_options.Check) Check();
        if (--_posted <= 1) PostReceives();
    }

    private void Check()
    {
        var wrong = PingPongPattern.FirstWrong(_incoming, Environment.SystemPageSize);
        if (wrong >= 0 && _wrongAt < 0) _wrongAt = wrong;
        _incoming.AsSpan().Fill(PingPongPattern.Poison);
    }

    private void PostReceives()
    {
        for (; _posted < _options.ReceiveDepth; _posted++)
            _queuePair.PostReceive(new ReceiveWorkRequest { WorkRequestId = ReceiveId, Entry = _incomingRegion.Entry() });
    }

    private void PostSend()
    {
        _queuePair.PostSend(new SendWorkRequest { WorkRequestId = SendId, Opcode = SendOpcode.Send, Entry = _outgoingRegion.Entry() });
        _pending = ReceiveId | SendId;
    }
}
