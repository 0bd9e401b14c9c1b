using System.Diagnostics;
using System.IO.Pipelines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// A stream of bytes over a reliable connection. One read and one write may be under way at a time, each with the other. Data are copied
/// once on either side; the peer's program grants buffers by reading, so that memory is bounded and no message ever finds no receive. A
/// connection that ends before its time is an <see cref="RdmaStreamException"/>, an <see cref="IOException"/> with the status of the work
/// request that failed; what had arrived can still be read.
/// </summary>
public sealed partial class RdmaStream : Stream
{
    private const int CompletionsAtOnce = 32;

    /// <summary>
    /// How long the stream looks for more after the last completion, before it waits to be woken: as long as a device's own thread does.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMicroseconds(50);

    private readonly Lock _gate = new();
    private readonly StreamQueuePair _pair;
    private readonly StreamCredits _credits;
    private readonly ReceiveSlots _received;
    private readonly SendSlots _sends;
    private readonly StreamSignal _readable;
    private readonly StreamSignal _writable;
    private readonly StreamSignal _finished;
    private readonly StreamSignal _closed;
    private RdmaStreamException? _failure;
    private StreamFlags _peerSaid;
    private StreamFlags _toSay;
    private StreamFlags _said;
    private bool _isControlUnderWay;
    private bool _isTornDown;
    private int _reading;
    private int _writing;
    private int _disposed;

    internal RdmaStream(StreamQueuePair pair, RdmaStreamOffer peer)
    {
        _pair = pair;
        var options = pair.Options;
        _credits = new StreamCredits(peer.Buffers, options.ReceiveBuffers);
        _received = pair.Received;
        (_readable, _writable) = (new(options.Scheduler), new(options.Scheduler));
        (_finished, _closed) = (new(options.Scheduler), new(options.Scheduler));
        (_read, _write, _flush) = (new(this), new(this), new(this, _writable, IsSent));
        _sends = pair.Connect(peer);
        options.Scheduler.Schedule(static state => _ = ((RdmaStream)state!).PumpAsync(), this);
    }

    /// <inheritdoc/>
    public override bool CanRead => !IsDisposed;

    /// <summary>False once writing was completed or the stream was closed.</summary>
    public override bool CanWrite => !IsDisposed && (_toSay & StreamFlags.Finished) == 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("a stream over a connection has no length");

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException("a stream over a connection has no position");
        set => throw new NotSupportedException("a stream over a connection has no position");
    }

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a stream over a connection cannot seek");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("a stream over a connection has no length");

    // Takes completions for as long as the stream lives; nobody else does, so that data stay in order. Whoever looks drives the device: on
    // a busy stream the threads of the pool do so in turn with what the program does, and nobody is put to sleep and woken for each
    // message. With another scheduler than the pool's the stream waits at once.
    private async Task PumpAsync()
    {
        var completions = new WorkCompletion[CompletionsAtOnce];
        bool looksOn = _pair.Options.Scheduler == PipeScheduler.ThreadPool;
        long last = 0;
        try
        {
            while (true)
            {
                int count = _pair.Completions.Poll(completions);
                if (count == 0)
                {
                    if (looksOn && Stopwatch.GetElapsedTime(last) < s_patience)
                        await Task.Yield();
                    else
                        await _pair.Completions.WaitAsync().ConfigureAwait(false);
                    continue;
                }

                last = Stopwatch.GetTimestamp();
                lock (_gate)
                {
                    foreach (ref readonly var completion in completions.AsSpan(0, count))
                        Complete(completion);
                    Advance();
                }

                Wake();
            }
        }
        catch (Exception end)
        {
            Fail(new RdmaStreamException($"the device of the stream was closed: {end.Message}", cause: end));
            Wake();
        }
    }

    // Under the lock.
    private void Complete(in WorkCompletion completion)
    {
        if (!completion.IsSuccess)
        {
            Fail(RdmaStreamException.Of(completion.Status));
            return;
        }

        var (work, slot) = StreamQueuePair.WorkOf(completion);
        switch (work)
        {
            case StreamWork.Data:
                _sends.Acknowledge();
                break;
            case StreamWork.Control:
                _isControlUnderWay = false;
                break;
            default:
                Receive(completion, slot);
                break;
        }
    }

    private void Receive(in WorkCompletion completion, int slot)
    {
        var header = StreamHeader.Of(completion.Immediate);
        if ((completion.Flags & WorkCompletionFlags.WithImmediate) == 0 || !_credits.TryTake(header.Credits))
        {
            Fail(new RdmaStreamException("the peer does not speak the protocol of streams"));
            return;
        }

        _peerSaid |= header.Flags;
        if ((header.Flags & StreamFlags.Aborted) != 0)
            Fail(new RdmaStreamException("the peer has given up before all it had written was sent"));
        if (completion.ByteLength > 0)
            _received.Add(slot, (int)completion.ByteLength);
        else
            PostAgain(slot);
    }

    // Under the lock: sends what may be sent. Data first, then what ends them, then credits that nothing else has carried.
    private void Advance()
    {
        if (_failure is not null || _isTornDown || (_peerSaid & StreamFlags.Closed) != 0)
            return;
        try
        {
            while (_credits.AllowData && (_said & StreamFlags.Finished) == 0 && _sends.TryTake(out var data))
                _pair.SendData(data, new StreamHeader(_credits.Spend(), StreamFlags.None));
            if (_isControlUnderWay)
                return;
            var end = _toSay & ~_said;
            if (end != StreamFlags.None && _sends.IsEmpty && (_credits.AllowData || (IsDisposed && _credits.AllowControl)))
                SendControl(end);
            else if (_credits is { IsGrantDue: true, AllowControl: true } && (_said & StreamFlags.Closed) == 0)
                SendControl(StreamFlags.None);
        }
        catch (Exception end) when (IsEndOfDevice(end))
        {
            Fail(new RdmaStreamException($"the connection can send no more: {end.Message}", cause: end));
        }
    }

    private void SendControl(StreamFlags flags)
    {
        _isControlUnderWay = true;
        _said |= flags;
        _pair.SendControl(new StreamHeader(_credits.Spend(), flags));
    }

    private void PostAgain(int slot)
    {
        if (_failure is not null || _isTornDown)
            return;
        try
        {
            _pair.PostReceive(slot);
            _credits.Owe();
        }
        catch (Exception end) when (IsEndOfDevice(end))
        {
            Fail(new RdmaStreamException($"the connection can receive no more: {end.Message}", cause: end));
        }
    }

    // After the peer has closed nothing is sent, and what fails then is of no interest.
    private void Fail(RdmaStreamException failure)
    {
        lock (_gate)
        {
            if ((_peerSaid & StreamFlags.Closed) == 0 || (_peerSaid & StreamFlags.Aborted) != 0)
                _failure ??= failure;
        }
    }

    // Whoever waits looks again; outside of the lock, for who goes on may call the stream.
    private void Wake()
    {
        if (_readable.IsArmed)
            _readable.Fire();
        if (_writable.IsArmed)
            _writable.Fire();
        if (_finished.IsArmed)
            _finished.Fire();
        if (_closed.IsArmed)
            _closed.Fire();
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new RdmaStreamException(failure.Message, failure.Status, failure);
    }

    private static bool IsEndOfDevice(Exception fault) => fault is ObjectDisposedException or RdmaException;

    private static void Block(ValueTask wait) => wait.AsTask().GetAwaiter().GetResult();

    private static void Enter(ref int turn, string what)
    {
        if (Interlocked.Exchange(ref turn, 1) != 0)
            throw new InvalidOperationException($"a {what} of this stream is under way: wait for it");
    }

    private static void Leave(ref int turn) => Volatile.Write(ref turn, 0);
}
