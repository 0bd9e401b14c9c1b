using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Management;

/// <summary>The first 24 bytes of every management datagram (cm.md 1.1).</summary>
public readonly record struct MadHeader
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 24;

    /// <summary>Bytes of a whole management datagram (R-WIRE-32).</summary>
    public const int DatagramLength = 256;

    /// <summary>The version of this header.</summary>
    public const byte Version = 1;

    // In a directed route the top bit of the status says which way the datagram goes.
    private const ushort DirectionBit = 0x8000;

    /// <summary>Version of the header; <see cref="Version"/>.</summary>
    public byte BaseVersion { get; init; }

    /// <summary>Whom the datagram is for.</summary>
    public ManagementClass ManagementClass { get; init; }

    /// <summary>Version of the class.</summary>
    public byte ClassVersion { get; init; }

    /// <summary>What is asked; bit 7 marks an answer.</summary>
    public ManagementMethod Method { get; init; }

    /// <summary>What the answer says; in a directed route without the direction.</summary>
    public MadStatus Status { get; init; }

    /// <summary>A directed route on its way back to who asked.</summary>
    public bool IsReturning { get; init; }

    /// <summary>In a directed route the hop that the datagram is at.</summary>
    public byte HopPointer { get; init; }

    /// <summary>In a directed route its hops.</summary>
    public byte HopCount { get; init; }

    /// <summary>Chosen by who asks, echoed by who answers.</summary>
    public ulong TransactionId { get; init; }

    /// <summary>The attribute.</summary>
    public ushort Attribute { get; init; }

    /// <summary>Which part of the attribute.</summary>
    public uint AttributeModifier { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">A management datagram.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are not as many as a management datagram has.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out MadHeader header)
    {
        header = default;
        if (source.Length != DatagramLength)
            return false;
        var status = BinaryPrimitives.ReadUInt16BigEndian(source[4..]);
        var isDirected = source[1] == (byte)ManagementClass.SubnetDirectedRoute;
        header = new MadHeader
        {
            BaseVersion = source[0],
            ManagementClass = (ManagementClass)source[1],
            ClassVersion = source[2],
            Method = (ManagementMethod)source[3],
            Status = (MadStatus)(isDirected ? status & ~DirectionBit : status),
            IsReturning = isDirected && (status & DirectionBit) != 0,
            HopPointer = source[6],
            HopCount = source[7],
            TransactionId = BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
            Attribute = BinaryPrimitives.ReadUInt16BigEndian(source[16..]),
            AttributeModifier = BinaryPrimitives.ReadUInt32BigEndian(source[20..]),
        };
        return true;
    }

    /// <summary>Writes the header; its reserved field is 0.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[0] = BaseVersion;
        destination[1] = (byte)ManagementClass;
        destination[2] = ClassVersion;
        destination[3] = (byte)Method;
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)((ushort)Status | (IsReturning ? DirectionBit : 0)));
        destination[6] = HopPointer;
        destination[7] = HopCount;
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], TransactionId);
        BinaryPrimitives.WriteUInt16BigEndian(destination[16..], Attribute);
        destination[18..20].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], AttributeModifier);
    }

    /// <summary>Whether this asks for or changes an attribute: only that is answered by an agent.</summary>
    internal bool IsRequest => 
        BaseVersion == Version && Method is ManagementMethod.Get or ManagementMethod.Set && !IsReturning;

    /// <summary>The header of the answer to this request.</summary>
    internal MadHeader Answer(MadStatus status) => this with
    {
        Method = ManagementMethod.GetResponse,
        Status = status,
        IsReturning = ManagementClass == ManagementClass.SubnetDirectedRoute,
    };
}
