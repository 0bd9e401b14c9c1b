using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// The buffers that wait for the peer: a ring of those that it has not acknowledged, those that may not be sent yet, and one that is being
/// filled. Small writes are gathered in that one while all others are on their way. Under the stream's lock, but for the copying.
/// </summary>
internal sealed class SendSlots(MemoryRegion region, int count, int size)
{
    // The region lets go of it when it is disposed of, perhaps while somebody copies.
    private readonly Memory<byte> _memory = region.Memory;
    private readonly int[] _lengths = new int[count];
    private long _acknowledged;
    private long _taken;
    private long _full;
    private int _open;
    private bool _isFilling;

    /// <summary>Whether there is a buffer to fill.</summary>
    public bool HasRoom => _full - _acknowledged < count;

    /// <summary>Whether all that was written was handed to the queue pair.</summary>
    public bool IsEmpty => _taken == _full && _open == 0;

    /// <summary>Whether all of it has arrived.</summary>
    public bool IsIdle => IsEmpty && _acknowledged == _taken;

    /// <summary>Room for data. Nothing is taken from this buffer until <see cref="Commit"/>.</summary>
    public Span<byte> Reserve()
    {
        _isFilling = true;
        return _memory.Span.Slice((Index(_full) * size) + _open, size - _open);
    }

    /// <summary>Data lie in the room.</summary>
    public void Commit(int bytes)
    {
        _isFilling = false;
        _open += bytes;
        if (_open == size)
            CloseOpen();
    }

    /// <summary>Room for so many bytes in one buffer, which is not sent before it is full or <see cref="Release"/> is called.</summary>
    /// <returns>Empty: there is none at present, or there never is so much.</returns>
    public Memory<byte> TryReserve(int least)
    {
        if (least > size || !HasRoom)
            return default;
        if (size - _open < least)
        {
            CloseOpen();
            if (!HasRoom)
                return default;
        }

        _isFilling = true;
        return _memory.Slice((Index(_full) * size) + _open, size - _open);
    }

    /// <summary>Data lie in the room, and more may follow.</summary>
    public void Fill(int bytes)
    {
        _open += bytes;
        if (_open == size)
            CloseOpen();
    }

    /// <summary>What lies in the buffer that was being filled may be sent.</summary>
    public void Release() => _isFilling = false;

    /// <summary>The next buffer to send.</summary>
    public bool TryTake(out ScatterGatherEntry entry)
    {
        entry = default;
        if (_taken == _full)
        {
            if (_open == 0 || _isFilling || _taken - _acknowledged >= count - 1)
                return false;
            CloseOpen();
        }

        int index = Index(_taken++);
        entry = region.Entry((ulong)(index * size), (ulong)_lengths[index]);
        return true;
    }

    /// <summary>The oldest buffer on its way has arrived.</summary>
    public void Acknowledge() => _acknowledged++;

    /// <summary>What was not sent yet is given up.</summary>
    public void Discard()
    {
        _full = _taken;
        _open = 0;
    }

    private int Index(long position) => (int)(position % count);

    private void CloseOpen()
    {
        _lengths[Index(_full++)] = _open;
        _open = 0;
    }
}
