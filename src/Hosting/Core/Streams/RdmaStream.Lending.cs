namespace RdmaPipeline.Hosting.Streams;

/// <content>What the pipes over a stream use in place of reads and writes: its registered memory itself.</content>
public sealed partial class RdmaStream
{
    /// <summary>Buffers that the peer may fill.</summary>
    internal int ReceiveBuffers => _pair.Options.ReceiveBuffers;

    /// <summary>Begins a wait of the reader, or of the writer: one of each at a time, as of reads and writes.</summary>
    internal void BeginRead() => Enter(ref _reading, "read");

    internal void EndRead() => Leave(ref _reading);

    internal void BeginWrite() => Enter(ref _writing, "write");

    internal void EndWrite() => Leave(ref _writing);

    /// <summary>Fired when <see cref="Borrow"/> may find something, after it has said that the reader waits.</summary>
    internal StreamSignal Readable => _readable;

    /// <summary>Fired when there may be room, after what found none has said that the writer waits.</summary>
    internal StreamSignal Writable => _writable;

    internal void WakeReader() => _readable.Fire();

    internal void WakeWriter() => _writable.Fire();

    /// <summary>Hands out all buffers with data; each is to be given back.</summary>
    /// <param name="reader">Gets them, the oldest first.</param>
    /// <param name="waits">Whether the reader wants to wait where there is nothing.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="RdmaStreamException">There is nothing, and nothing will come: the connection has failed.</exception>
    internal BorrowOutcome Borrow(RdmaPipeReader reader, bool waits)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            bool any = !_received.IsEmpty;
            while (!_received.IsEmpty)
            {
                var (slot, data) = _received.Take();
                reader.Add(slot, data);
            }

            if ((_peerSaid & StreamFlags.Finished) != 0)
                return BorrowOutcome.End;
            if (any || !waits)
                return any ? BorrowOutcome.More : BorrowOutcome.Nothing;
            ThrowIfFailed();
            _readable.Arm();
            return BorrowOutcome.Nothing;
        }
    }

    /// <summary>A buffer was read.</summary>
    internal void TakeBack(int slot)
    {
        lock (_gate)
        {
            PostAgain(slot);
            Advance();
        }
    }

    /// <summary>Room for so many bytes in one buffer, which waits for <see cref="Release"/> or to get full. Empty: none.</summary>
    internal Memory<byte> TryReserve(int least)
    {
        lock (_gate)
            return _sends.TryReserve(least);
    }

    /// <summary>Data lie in the room that was reserved.</summary>
    internal void Fill(int bytes)
    {
        lock (_gate)
        {
            _sends.Fill(bytes);
            Advance();
        }
    }

    /// <summary>Whether all is on its way and there is a buffer for more; if not, the writer may wait for it.</summary>
    internal bool IsSentAndHasRoom()
    {
        lock (_gate)
        {
            bool isSent = IsSent();
            if (isSent && !_sends.HasRoom)
                _writable.Arm();
            return isSent && _sends.HasRoom;
        }
    }

    /// <summary>What was filled is sent.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            _sends.Release();
            Advance();
        }
    }
}
