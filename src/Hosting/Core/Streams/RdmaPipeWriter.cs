using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Writes a stream where its data are sent from: hands out room in the registered buffers themselves. A full one is sent at once, what is
/// in the last when it is flushed. Where all are on their way, or none is large enough, what is written waits in memory of its own.
/// </summary>
internal sealed class RdmaPipeWriter(RdmaStream stream) : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _waiting = new();
    private int _sent;
    private int _room;
    private bool _isOwnRoom;
    private long _unflushed;
    private int _cancelled;
    private bool _isCompleted;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _unflushed;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var room = _waiting.WrittenCount == 0 ? stream.TryReserve(Math.Max(1, sizeHint)) : default;
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
            stream.Fill(bytes);
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
        stream.WakeWriter();
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
        stream.Release();
        await stream.CompleteWritesAsync().ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> more, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfCompleted();
        stream.BeginWrite();
        try
        {
            _room = 0;
            stream.Release();
            while (Interlocked.Exchange(ref _cancelled, 0) == 0)
            {
                if (SendWaiting() && Send(ref more) && stream.IsSentAndHasRoom())
                {
                    _unflushed = 0;
                    return new FlushResult(isCanceled: false, isCompleted: false);
                }

                if (Volatile.Read(ref _cancelled) != 0)
                    stream.WakeWriter();
                await stream.WaitWritableAsync(cancellationToken).ConfigureAwait(false);
            }

            return new FlushResult(isCanceled: true, isCompleted: false);
        }
        finally
        {
            stream.EndWrite();
        }
    }

    private bool SendWaiting()
    {
        bool isAll = stream.Put(_waiting.WrittenSpan[_sent..], out int taken);
        _sent += taken;
        if (!isAll)
            return false;
        _waiting.ResetWrittenCount();
        _sent = 0;
        return true;
    }

    private bool Send(ref ReadOnlyMemory<byte> more)
    {
        bool isAll = stream.Put(more.Span, out int taken);
        more = more[taken..];
        return isAll;
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
            throw new InvalidOperationException("writing was completed");
    }
}
