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

    private readonly PingPongOptions _options;
    private readonly PingPongBuffers _buffers;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly PingPongQueue _queue;
    private int _receivesPosted;
    private int _sendsPosted;
    private int _sent;
    private int _received;

    /// <summary>Makes the queue pair on <paramref name="device"/>, whose source address is its GID <paramref name="gidIndex"/>.</summary>
    public PingPongSession(RdmaDevice device, int gidIndex, PingPongOptions options)
    {
        _options = options;
        _domain = device.CreateProtectionDomain();
        _buffers = new PingPongBuffers(_domain, options);
        _completions = device.CreateCompletionQueue(options.ReceiveDepth + 1);
        _queue = new PingPongQueue(_domain, _completions, gidIndex, options);
    }

    /// <summary>Where this end can be reached.</summary>
    public PingPongDestination Local => _queue.Local;

    /// <summary>With -c: the first byte of a received message that was wrong; -1 while all were right.</summary>
    public int WrongAt => _buffers.WrongAt;

    /// <summary>Posts the receives and walks the queue pair to RTS towards the peer.</summary>
    public void Connect(PingPongDestination peer)
    {
        _queue.Initialize();
        PostReceives();
        _queue.Connect(peer);
    }

    /// <summary>
    /// Exchanges all messages; the time from the first to the last completion. A <see cref="CliException"/> when nothing completed for
    /// <see cref="PingPongOptions.Patience"/>: a message was lost.
    /// </summary>
    public async Task<TimeSpan> RunAsync(bool first, CancellationToken cancellation)
    {
        using var watchdog = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await ExchangeAsync(first, watchdog).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(
                $"nothing came for {_options.Patience.TotalSeconds} s after {_sent} messages sent and {_received} received "
                + $"of {_options.Iterations}: one was lost"
                + (_options.Service.IsReliable() ? "" : $", and {_options.Service.Name()} repeats none"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.Dispose();
        _completions.Dispose();
        _buffers.Dispose();
        _domain.Dispose();
    }

    private async Task<TimeSpan> ExchangeAsync(bool first, CancellationTokenSource watchdog)
    {
        var watch = Stopwatch.StartNew();
        _queue.Pending = ReceiveId;
        if (first) PostSend(_queue);
        var completions = new WorkCompletion[2];
        while (_sent < _options.Iterations || _received < _options.Iterations)
        {
            watchdog.CancelAfter(_options.Patience);
            var count = _options.Events
                ? await _completions.PollAsync(completions, watchdog.Token).ConfigureAwait(false)
                : Poll(completions, watchdog.Token);
            for (var i = 0; i < count; i++) Complete(completions[i]);
        }

        return watch.Elapsed;
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
        _queue.Pending &= ~completion.WorkRequestId;
        if (_sendsPosted < _options.Iterations && _queue.Pending == 0) PostSend(_queue);
    }

    private void Receive(uint length)
    {
        _received++;
        var size = (long)length - _options.Service.Headroom();
        if (size != _options.Size)
            throw new CliException($"message {_received} has {size} bytes, not {_options.Size}: the peer uses another -s");
        _buffers.Check();
        if (--_receivesPosted <= 1) PostReceives();
    }

    private void PostReceives()
    {
        for (; _receivesPosted < _options.ReceiveDepth; _receivesPosted++) _queue.PostReceive(ReceiveId, _buffers.Incoming);
    }

    private void PostSend(PingPongQueue queue)
    {
        queue.PostSend(SendId, _buffers.Outgoing);
        queue.Pending = ReceiveId | SendId;
        _sendsPosted++;
    }
}
