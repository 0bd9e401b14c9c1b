namespace RdmaPipeline.Hosting.Streams;

/// <content>Reading.</content>
public sealed partial class RdmaStream
{
    private const int Wait = -1;

    private readonly BlockedThread _blockedReader = new();

    /// <summary>
    /// Reads what is there, waiting for the first byte; 0 is the end of the stream. A read of no bytes waits until there is something.
    /// </summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    /// <exception cref="RdmaStreamException">The connection has failed, and all that had arrived was read.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ClaimRead().ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        Enter(ref _reading, "read");
        try
        {
            _readable.Attach(_blockedReader);
            int read;
            while ((read = Take(buffer)) == Wait)
                _blockedReader.Wait();
            return read;
        }
        finally
        {
            Leave(ref _reading);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override int ReadByte()
    {
        byte one = 0;
        return Read(new Span<byte>(ref one)) == 0 ? -1 : one;
    }

    /// <inheritdoc/>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    // Copies outside of the lock: only the reader touches the oldest buffer.
    private int Take(Span<byte> into)
    {
        int read = 0;
        do
        {
            ReadOnlySpan<byte> front;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(IsDisposed, this);
                if (_received.IsEmpty)
                    return read > 0 ? read : EndOrWait();
                front = _received.Front;
            }

            int bytes = Math.Min(front.Length, into.Length);
            front[..bytes].CopyTo(into);
            GiveBack(bytes);
            into = into[bytes..];
            read += bytes;
        }
        while (!into.IsEmpty);
        return read;
    }

    // Under the lock.
    private int EndOrWait()
    {
        if ((_peerSaid & StreamFlags.Finished) != 0)
            return 0;
        ThrowIfFailed();
        _readable.Arm();
        return Wait;
    }

    private void GiveBack(int bytes)
    {
        lock (_gate)
        {
            if (_received.Consume(bytes) is not { } slot)
                return;
            PostAgain(slot);
            Advance();
        }
    }
}
