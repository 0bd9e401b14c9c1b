namespace RdmaPipeline.Verbs;

/// <summary>What holds for one queue pair type, as data (R-REQ-61, R-REQ-54, verbs.md 6 and 7).</summary>
/// <param name="Type">The type.</param>
/// <param name="Sends">Has a send queue and needs its completion queue.</param>
/// <param name="Receives">Has a receive queue and needs its completion queue.</param>
/// <param name="SendOpcodes">The opcodes of the standard for this type, as <see cref="SendOpcodeTraits.Bit"/>s.</param>
internal sealed record QueuePairTypeTraits(QueuePairType Type, bool Sends, bool Receives, ulong SendOpcodes)
{
    private static readonly ulong Datagram = Set(SendOpcode.Send, SendOpcode.SendWithImmediate);

    // verbs.md 7: an offload of these two, which no device here has.
    private static readonly ulong Offloading = Datagram | Set(SendOpcode.Tso);

    private static readonly ulong Unreliable = Datagram | Set(
        SendOpcode.RdmaWrite, SendOpcode.RdmaWriteWithImmediate, SendOpcode.BindMemoryWindow,
        SendOpcode.LocalInvalidate, SendOpcode.RegisterMemoryRegion);

    // The wire has no FLUSH and no ATOMIC WRITE for XRC (wire.md 4.2, verbs.md 7).
    private static readonly ulong ExtendedReliable = Unreliable | Set(
        SendOpcode.RdmaRead, SendOpcode.CompareAndSwap, SendOpcode.FetchAndAdd, SendOpcode.SendWithInvalidate,
        SendOpcode.RdmaReadWithInvalidate);

    private static readonly ulong Reliable = ExtendedReliable | Set(SendOpcode.Flush, SendOpcode.AtomicWrite);

    private static readonly QueuePairTypeTraits?[] Table = Build(
        new(QueuePairType.Smi, true, true, Datagram),
        new(QueuePairType.Gsi, true, true, Datagram),
        new(QueuePairType.ReliableConnection, true, true, Reliable),
        new(QueuePairType.UnreliableConnection, true, true, Unreliable),
        new(QueuePairType.UnreliableDatagram, true, true, Offloading),
        new(QueuePairType.RawPacket, true, true, Offloading),
        new(QueuePairType.XrcInitiator, true, false, ExtendedReliable),
        new(QueuePairType.XrcTarget, false, false, 0));

    /// <summary>Talks to one peer.</summary>
    public bool Connects => Type is QueuePairType.ReliableConnection or QueuePairType.UnreliableConnection
        or QueuePairType.XrcInitiator or QueuePairType.XrcTarget;

    /// <summary>Its receives may come from a shared receive queue.</summary>
    public bool MayShareReceives => Type is
        QueuePairType.ReliableConnection or QueuePairType.UnreliableConnection or QueuePairType.UnreliableDatagram;

    /// <summary>The traits of a type, null for a number outside the standard's.</summary>
    /// <param name="type">Any number.</param>
    /// <returns>The traits.</returns>
    public static QueuePairTypeTraits? Of(QueuePairType type) => (uint)type < (uint)Table.Length ? Table[(int)type] : null;

    private static ulong Set(params ReadOnlySpan<SendOpcode> opcodes)
    {
        ulong set = 0;
        foreach (SendOpcode opcode in opcodes)
            set |= SendOpcodeTraits.Bit(opcode);
        return set;
    }

    private static QueuePairTypeTraits?[] Build(params ReadOnlySpan<QueuePairTypeTraits> rows)
    {
        var table = new QueuePairTypeTraits?[(int)QueuePairType.XrcTarget + 1];
        foreach (QueuePairTypeTraits row in rows)
            table[(int)row.Type] = row;
        return table;
    }
}
