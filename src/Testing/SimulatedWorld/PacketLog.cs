namespace RdmaPipeline.Testing.SimulatedWorld;

/// <summary>A hash over everything that went over a wire, in order: two runs with equal hashes sent the same bytes.</summary>
public sealed class PacketLog
{
    private const ulong Prime = 0x100000001B3;

    /// <summary>Packets so far.</summary>
    public long Count { get; private set; }

    /// <summary>The hash (FNV-1a, 64 bits) over sender, length and bytes of every packet so far.</summary>
    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    /// <summary>Adds a packet.</summary>
    /// <param name="sender">Who sent it.</param>
    /// <param name="frame">All its bytes.</param>
    public void Add(int sender, ReadOnlySpan<byte> frame)
    {
        ulong hash = (Hash ^ (ulong)sender) * Prime;
        hash = (hash ^ (ulong)frame.Length) * Prime;
        foreach (byte value in frame)
            hash = (hash ^ value) * Prime;
        Hash = hash;
        Count++;
    }
}
