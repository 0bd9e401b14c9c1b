namespace RdmaPipeline.Hosting.Streams;

/// <content>Writing.</content>
public sealed partial class RdmaStream
{
    private readonly BlockedThread _blockedWriter = new();

    /// <summary>
    /// Takes data to be sent, waiting for room where the peer does not read. When it returns the data are on their way or wait for the
    /// peer; see <see cref="FlushAsync"/> and <see cref="CompleteWritesAsync"/>.
    /// </summary>
    /// <param name="buffer">The data; none is legal and sends nothing.</param>
    /// <param name="cancellationToken">Ends the wait; a part of the data may have been taken.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, or the peer has closed.</exception>
    /// <exception cref="InvalidOperationException">Writing was completed, or a write is under way.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : ClaimWrite().WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Enter(ref _writing, "write");
        try
        {
            _writable.Attach(_blockedWriter);
            while (!Put(buffer, out int written))
            {
                buffer = buffer[written..];
                if (WaitsForRoom())
                    _blockedWriter.Wait();
            }
        }
        finally
        {
            Leave(ref _writing);
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(in value));

    /// <inheritdoc/>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    /// <summary>
    /// Waits until all that was written is on its way. Nothing is held back while the peer reads, so that this waits for its program only.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, or the peer has closed.</exception>
    public override Task FlushAsync(CancellationToken cancellationToken) => WaitUntilSentAsync(cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() => Block(WaitUntilSentAsync(CancellationToken.None));

    /// <summary>
    /// Ends the stream in this direction, as shutting down a socket for sending does, and waits until all that was written has arrived: the
    /// peer reads it and then the end. Reading goes on.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not what was begun.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, or the peer has closed.</exception>
    public ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : new WaitOperation(this, _finished, Finish).WaitAsync(cancellationToken);

    // Copies outside of the lock: nothing is taken from a buffer that is being filled. False: what is left has to wait.
    internal bool Put(ReadOnlySpan<byte> data, out int written)
    {
        written = 0;
        while (true)
        {
            Span<byte> room;
            lock (_gate)
            {
                ThrowIfCannotWrite();
                if (data.IsEmpty)
                    return true;
                if (!_sends.HasRoom)
                    return false;

                room = _sends.Reserve();
            }

            int bytes = Math.Min(room.Length, data.Length);
            data[..bytes].CopyTo(room);
            lock (_gate)
            {
                _sends.Commit(bytes);
                Advance();
            }

            data = data[bytes..];
            written += bytes;
        }
    }

    // False: there is some by now. Else the signal is armed.
    internal bool WaitsForRoom()
    {
        lock (_gate)
        {
            ThrowIfCannotWrite();
            if (_sends.HasRoom)
                return false;
            _writable.Arm();
            return true;
        }
    }

    private ValueTask WaitUntilSentAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : ClaimFlush().WaitAsync(cancellationToken);

    private bool IsSent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ThrowIfUnreachable();
            if (!_sends.IsEmpty)
                _writable.Arm();
            return _sends.IsEmpty;
        }
    }

    private bool Finish()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ThrowIfUnreachable();
            _toSay |= StreamFlags.Finished;
            Advance();
            if (!IsAllSaid)
                _finished.Arm();
            return IsAllSaid;
        }
    }

    private bool IsAllSaid => (_toSay & ~_said) == StreamFlags.None && !_isControlUnderWay && _sends.IsIdle;

    private void ThrowIfCannotWrite()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if ((_toSay & StreamFlags.Finished) != 0)
            throw new InvalidOperationException("writing to this stream was completed");
        ThrowIfUnreachable();
    }

    private void ThrowIfUnreachable()
    {
        ThrowIfFailed();
        if ((_peerSaid & StreamFlags.Closed) != 0)
            throw new RdmaStreamException("the peer has closed the stream");
    }
}
