namespace RdmaPipeline.Transport.Stages;

/// <summary>Packets on their way from a shard to the thread that writes them: made once, one writer, one reader, no lock.</summary>
internal sealed class CaptureRing(int packets, int snapLength)
{
    private readonly CapturedBytes[] _packets = new CapturedBytes[packets];
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(packets * snapLength);
    private long _written;
    private long _read;

    public bool IsEmpty => Volatile.Read(ref _written) == Volatile.Read(ref _read);

    /// <summary>On the shard: room for the bytes of the next packet; empty when there is none.</summary>
    public Span<byte> Room() =>
        _written - Volatile.Read(ref _read) == _packets.Length ? default : Slot(_written);

    /// <summary>On the shard: what was written into the room is a packet.</summary>
    public void Add(in CapturedBytes packet)
    {
        _packets[_written % _packets.Length] = packet;
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>On the reader: the oldest packet, which stays where it is until <see cref="Free"/>.</summary>
    public bool TryRead(out CapturedBytes packet, out Span<byte> bytes)
    {
        packet = default;
        bytes = default;
        if (Volatile.Read(ref _written) == _read)
            return false;
        packet = _packets[_read % _packets.Length];
        bytes = Slot(_read)[..packet.Kept];
        return true;
    }

    /// <summary>On the reader: the oldest packet is done with.</summary>
    public void Free() => Volatile.Write(ref _read, _read + 1);

    private Span<byte> Slot(long number) => _bytes.AsSpan((int)(number % _packets.Length) * snapLength, snapLength);
}
