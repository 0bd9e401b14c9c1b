using System.Buffers;
using System.IO.Pipelines;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Writes a stream where its data are sent from: hands out room in the registered buffers themselves. A full one is sent at once, what is
/// in the last when it is flushed. Where all are on their way, or none is large enough, what is written waits in memory of its own.
/// </summary>
internal sealed class RdmaPipeWriter : PipeWriter
{
    private readonly RdmaStream _stream;
    private readonly SendOperation _send;
    private readonly ArrayBufferWriter<byte> _waiting = new();
    private int _sent;
    private int _room;
    private bool _isOwnRoom;
    private long _unflushed;
    private int _cancelled;
    private bool _isCompleted;

    public RdmaPipeWriter(RdmaStream stream) => (_stream, _send) = (stream, new SendOperation(this, stream.Writable));

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _unflushed;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var room = _waiting.WrittenCount == 0 ? _stream.TryReserve(Math.Max(1, sizeHint)) : default;
        _isOwnRoom = room.IsEmpty;
        if (_isOwnRoom)
            room = _waiting.GetMemory(sizeHint);
        _room = room.Length;
        return room;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ThrowIfCompleted();
        if (bytes < 0 || bytes > _room)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"bytes is {bytes}; it must lie in 0 to {_room}");
        if (_isOwnRoom)
            _waiting.Advance(bytes);
        else
            _stream.Fill(bytes);
        _room -= bytes;
        _unflushed += bytes;
    }

    /// <summary>
    /// Sends what was written, and waits until the peer's program has read so much that all of it is on its way, and the peer's device has
    /// acknowledged so much that there is a registered buffer for more.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not what was begun.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, or the peer has closed.</exception>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        SendAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>As <see cref="FlushAsync"/>, with more data.</summary>
    /// <param name="source">The data.</param>
    /// <param name="cancellationToken">Ends the wait; a part of the data may have been taken.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, or the peer has closed.</exception>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        SendAsync(source, cancellationToken);

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        Volatile.Write(ref _cancelled, 1);
        _stream.WakeWriter();
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => CompleteAsync(exception).AsTask().GetAwaiter().GetResult();

    /// <summary>Sends what was written, ends the stream in this direction, and waits until all of it has arrived.</summary>
    /// <param name="exception">Null, or why what the writer still keeps is given up.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, or the peer has closed.</exception>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (_isCompleted)
            return;
        if (exception is null)
            await SendAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
        _isCompleted = true;
        _stream.Release();
        await _stream.CompleteWritesAsync().ConfigureAwait(false);
    }

    private ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> more, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        ThrowIfCompleted();
        var send = _send.TryClaim() ? _send : new SendOperation(this, _stream.Writable);
        return send.SendAsync(more, cancellationToken);
    }

    // False: the writer waits.
    private bool TrySendOrWait(ref ReadOnlyMemory<byte> more, out FlushResult result)
    {
        bool isCancelled = Interlocked.Exchange(ref _cancelled, 0) != 0;
        result = new FlushResult(isCancelled, isCompleted: false);
        if (isCancelled)
            return true;
        do
        {
            if (!SendWaiting() || !Send(ref more))
                continue;
            if (!_stream.IsSentAndHasRoom())
                break;
            _unflushed = 0;
            return true;
        }
        while (!_stream.WaitsForRoom());

        if (Volatile.Read(ref _cancelled) != 0)
            _stream.WakeWriter();
        return false;
    }

    private bool SendWaiting()
    {
        bool isAll = _stream.Put(_waiting.WrittenSpan[_sent..], out int taken);
        _sent += taken;
        if (!isAll)
            return false;
        _waiting.ResetWrittenCount();
        _sent = 0;
        return true;
    }

    private bool Send(ref ReadOnlyMemory<byte> more)
    {
        bool isAll = _stream.Put(more.Span, out int taken);
        more = more[taken..];
        return isAll;
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
            throw new InvalidOperationException("writing was completed");
    }

    private sealed class SendOperation(RdmaPipeWriter writer, StreamSignal signal) : StreamOperation<FlushResult>(signal)
    {
        private ReadOnlyMemory<byte> _more;

        public ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> more, CancellationToken cancellation)
        {
            _more = more;
            return StartAsync(cancellation);
        }

        protected override void Enter()
        {
            writer._stream.BeginWrite();
            writer._room = 0;
            writer._stream.Release();
        }

        protected override void Leave()
        {
            _more = default;
            writer._stream.EndWrite();
        }

        protected override bool TryEnd(out FlushResult result) => writer.TrySendOrWait(ref _more, out result);
    }
}
