using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The rest of an 802.1Q tag, which stands behind EtherType 0x8100; the priority carries the SL (R-WIRE-3).</summary>
public readonly record struct VlanTag
{
    /// <summary>Bytes on the wire behind the tag's own EtherType.</summary>
    public const int Length = 4;

    private const int PriorityShift = 13;
    private const int DropEligibleBit = 1 << 12;
    private const int IdentifierMask = 0xFFF;

    /// <summary>Makes a tag.</summary>
    /// <param name="priority">PCP, 0 to 7.</param>
    /// <param name="dropEligible">DEI.</param>
    /// <param name="identifier">VLAN, 0 to 4095.</param>
    /// <param name="etherType">What follows the tag.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is over its limit.</exception>
    public VlanTag(byte priority, bool dropEligible, ushort identifier, ushort etherType)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, 7);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(identifier, IdentifierMask);
        (Priority, DropEligible, Identifier, EtherType) = (priority, dropEligible, identifier, etherType);
    }

    /// <summary>PCP, 0 to 7.</summary>
    public byte Priority { get; }

    /// <summary>DEI.</summary>
    public bool DropEligible { get; }

    /// <summary>VLAN, 0 to 4095.</summary>
    public ushort Identifier { get; }

    /// <summary>What follows the tag.</summary>
    public ushort EtherType { get; }

    /// <summary>Reads a tag.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="tag">The tag.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out VlanTag tag)
    {
        tag = default;
        if (source.Length < Length)
            return false;
        var control = BinaryPrimitives.ReadUInt16BigEndian(source);
        tag = new VlanTag((byte)(control >> PriorityShift), (control & DropEligibleBit) != 0, (ushort)(control & IdentifierMask),
            BinaryPrimitives.ReadUInt16BigEndian(source[2..]));
        return true;
    }

    /// <summary>Writes the tag.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination,
            (ushort)((Priority << PriorityShift) | (DropEligible ? DropEligibleBit : 0) | Identifier));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], EtherType);
    }
}
