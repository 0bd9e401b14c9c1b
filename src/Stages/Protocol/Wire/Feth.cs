using System.Buffers.Binary;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The FLUSH extended header (R-WIRE-11).</summary>
public readonly record struct Feth
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    private const int PlacementMask = 0xF;
    private const int SelectivityShift = 4;
    private const int SelectivityMask = 3;
    private const FlushPlacement AllPlacements = FlushPlacement.GlobalVisibility | FlushPlacement.Persistence;

    private Feth(FlushPlacement placement, FlushSelectivity selectivity, bool _) => (Placement, Selectivity) = (placement, selectivity);

    /// <summary>Makes a header.</summary>
    /// <param name="placement">Global visibility, persistence or both.</param>
    /// <param name="selectivity">Range or memory region.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is reserved.</exception>
    public Feth(FlushPlacement placement, FlushSelectivity selectivity) : this(placement, selectivity, true)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)placement, (byte)AllPlacements, nameof(placement));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)selectivity, (byte)FlushSelectivity.MemoryRegion, nameof(selectivity));
    }

    /// <summary>How far the data must be carried.</summary>
    public FlushPlacement Placement { get; }

    /// <summary>What is flushed.</summary>
    public FlushSelectivity Selectivity { get; }

    /// <summary>Whether both fields hold defined values; only a header seen in a received packet can be illegal.</summary>
    public bool IsLegal => Placement <= AllPlacements && Selectivity <= FlushSelectivity.MemoryRegion;

    /// <summary>Reads a legal header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or a field holds a reserved value.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Feth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length && header.IsLegal;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination) =>
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Placement | ((uint)Selectivity << SelectivityShift));

    internal static Feth Read(ReadOnlySpan<byte> source) => new(
        (FlushPlacement)(source[3] & PlacementMask), (FlushSelectivity)((source[3] >> SelectivityShift) & SelectivityMask), true);
}
