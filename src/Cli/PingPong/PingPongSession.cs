using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// The queue pairs of one end and their messages: as in ibv_*_pingpong each queue pair sends one message for each it has received,
/// one at a time, until the end has sent and received all.
/// </summary>
public sealed class PingPongSession : IDisposable
{
    private const ulong SendId = 1;
    private const ulong ReceiveId = 2;

    // A receive carries above its kind the slot of its buffer.
    private const int SlotShift = 8;
    private const ulong KindMask = (1 << SlotShift) - 1;

    private readonly PingPongOptions _options;
    private readonly PingPongBuffers _buffers;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly SharedReceiveQueue? _shared;
    private readonly PingPongQueue[] _queues;
    private readonly Dictionary<uint, PingPongQueue> _queueOf;
    private readonly Stack<int> _freeSlots = new();
    private int _sendsPosted;
    private int _sent;
    private int _received;

    /// <summary>Makes the queue pairs on <paramref name="device"/>, whose source address is its GID <paramref name="gidIndex"/>.</summary>
    public PingPongSession(RdmaDevice device, int gidIndex, PingPongOptions options)
    {
        _options = options;
        _domain = device.CreateProtectionDomain();
        _buffers = new PingPongBuffers(_domain, options);
        for (var receive = 0; receive < options.ReceiveDepth; receive++) _freeSlots.Push(receive % _buffers.Slots);
        _completions = device.CreateCompletionQueue(options.ReceiveDepth + options.QueuePairs);
        if (options.Service == PingPongService.Srq)
            _shared = _domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = options.ReceiveDepth, MaxEntries = 1 });
        _queues = [.. Enumerable.Range(0, options.QueuePairs)
            .Select(_ => new PingPongQueue(_domain, _completions, _shared, gidIndex, options))];
        _queueOf = _queues.ToDictionary(queue => queue.Local.QueuePairNumber);
        Locals = [.. _queues.Select(queue => queue.Local)];
    }

    /// <summary>Where the queue pairs of this end can be reached.</summary>
    public IReadOnlyList<PingPongDestination> Locals { get; }

    /// <summary>With -c: the first byte of a received message that was wrong; -1 while all were right.</summary>
    public int WrongAt => _buffers.WrongAt;

    /// <summary>Posts the receives and walks each queue pair to RTS towards the peer's of the same place.</summary>
    public void Connect(IReadOnlyList<PingPongDestination> peers)
    {
        if (peers.Count != _queues.Length)
            throw new CliException($"the peer has {peers.Count} queue pairs, not {_queues.Length}: it uses another -q");
        foreach (var queue in _queues) queue.Initialize();
        PostReceives();
        for (var i = 0; i < _queues.Length; i++) _queues[i].Connect(peers[i]);
    }

    /// <summary>
    /// Exchanges all messages; the time from the first to the last completion. A <see cref="CliException"/> when nothing completed for
    /// <see cref="PingPongOptions.Patience"/>.
    /// </summary>
    public async Task<TimeSpan> RunAsync(bool first, CancellationToken cancellation)
    {
        using var arrivals = new CompletionWatch(_completions, _options, cancellation);
        var watch = Stopwatch.StartNew();
        foreach (var queue in _queues) queue.Pending = ReceiveId;
        // An end with more queue pairs than messages leaves some without one.
        if (first)
            foreach (var queue in _queues.Take(_options.Iterations)) PostSend(queue);
        var completions = new WorkCompletion[2 * _queues.Length];
        while (_sent < _options.Iterations || _received < _options.Iterations)
        {
            var count = await arrivals.NextAsync(completions).ConfigureAwait(false);
            if (count == 0) throw NothingCame();
            for (var i = 0; i < count; i++) Complete(completions[i]);
        }

        return watch.Elapsed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var queue in _queues) queue.Dispose();
        _shared?.Dispose();
        _completions.Dispose();
        _buffers.Dispose();
        _domain.Dispose();
    }

    private CliException NothingCame() => new(
        $"nothing came for {_options.Patience.TotalSeconds} s after {_sent} messages sent and {_received} received "
        + $"of {_options.Iterations}: "
        + (_options.Service.IsReliable() ? "the peer has stopped" : $"one was lost, and {_options.Service.Name()} repeats none"));

    private void Complete(in WorkCompletion completion)
    {
        var kind = completion.WorkRequestId & KindMask;
        if (!completion.IsSuccess)
        {
            var what = kind == SendId ? "send" : "receive";
            var number = kind == SendId ? _sent : _received;
            throw new CliException($"{what} {number + 1} of {_options.Iterations} failed: {completion.Status}");
        }

        if (kind == SendId) _sent++;
        else Receive(completion.ByteLength, (int)(completion.WorkRequestId >> SlotShift));
        var queue = _queueOf[completion.QueuePairNumber];
        queue.Pending &= ~kind;
        if (_sendsPosted < _options.Iterations && queue.Pending == 0) PostSend(queue);
    }

    private void Receive(uint length, int slot)
    {
        _received++;
        var size = (long)length - _options.Service.Headroom();
        if (size != _options.Size)
            throw new CliException($"message {_received} has {size} bytes, not {_options.Size}: the peer uses another -s");
        _buffers.Check(slot);
        _freeSlots.Push(slot);
        if (_options.ReceiveDepth - _freeSlots.Count <= _queues.Length) PostReceives();
    }

    private void PostReceives()
    {
        while (_freeSlots.TryPop(out var slot))
        {
            var receive = new ReceiveWorkRequest
            {
                WorkRequestId = ReceiveId | (ulong)slot << SlotShift, Entry = _buffers.Incoming(slot),
            };
            if (_shared is not null) _shared.PostReceive(receive);
            else _queues[0].PostReceive(receive);
        }
    }

    private void PostSend(PingPongQueue queue)
    {
        queue.PostSend(SendId, _buffers.Outgoing);
        queue.Pending = ReceiveId | SendId;
        _sendsPosted++;
    }
}
