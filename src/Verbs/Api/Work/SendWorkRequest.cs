using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Verbs;

/// <summary>
/// Something to send. Its memory belongs to the device from the post until its completion was polled, except inline data,
/// which are copied when posted (R-REQ-12).
/// </summary>
public readonly record struct SendWorkRequest
{
    private readonly ScatterGatherEntry _entry;
    private readonly bool _hasEntry;

    /// <summary>Comes back in the completion; any value.</summary>
    public ulong WorkRequestId { get; init; }

    /// <summary>What to do.</summary>
    public SendOpcode Opcode { get; init; }

    /// <summary>Options.</summary>
    public SendFlags Flags { get; init; }

    /// <summary>The local memory when it is one piece. Set either this or <see cref="Entries"/>.</summary>
    public ScatterGatherEntry Entry
    {
        get => _entry;
        init
        {
            _entry = value;
            _hasEntry = true;
        }
    }

    /// <summary>The local memory in pieces, at most <see cref="QueuePairCapabilities.MaxSendEntries"/>; copied when posted.</summary>
    public ReadOnlyMemory<ScatterGatherEntry> Entries { get; init; }

    /// <summary>
    /// Data to send inline, at most <see cref="QueuePairCapabilities.MaxInlineData"/> bytes; implies <see cref="SendFlags.Inline"/> and
    /// replaces the entries. Without it an inline request copies from the addresses of its entries, whose keys are not looked at.
    /// </summary>
    public ReadOnlyMemory<byte> InlineData { get; init; }

    /// <summary>The address at the peer: writes, reads, atomics, a flush of a range.</summary>
    public ulong RemoteAddress { get; init; }

    /// <summary>The peer's key: writes, reads, atomics, flushes.</summary>
    public uint RemoteKey { get; init; }

    /// <summary>32 bits for the peer, sent as a big-endian number: opcodes with immediate.</summary>
    public uint Immediate { get; init; }

    /// <summary>The key to invalidate: send with invalidate (the peer's), local invalidate (ours).</summary>
    public uint InvalidateKey { get; init; }

    /// <summary>
    /// The peer's shared receive queue, 24 bits (<see cref="SharedReceiveQueue.Number"/>): every opcode of an XRC initiator, also those
    /// that take no receive (R-REQ-59).
    /// </summary>
    public uint RemoteSharedReceiveQueue { get; init; }

    /// <summary>What is compared, or what is added: atomics.</summary>
    public ulong CompareAdd { get; init; }

    /// <summary>What is stored when the comparison holds: compare-and-swap.</summary>
    public ulong Swap { get; init; }

    /// <summary>
    /// Where to: datagrams. A send without one completes with <see cref="WorkCompletionStatus.LocalQueuePairOperationError"/>.
    /// </summary>
    public AddressHandle? Address { get; init; }

    /// <summary>The peer's queue pair number, 24 bits; 0xFFFFFF for a multicast group: datagrams.</summary>
    public uint RemoteQueuePair { get; init; }

    /// <summary>The peer's Q_Key; with bit 31 set the sender's own is sent instead (R-WIRE-30): datagrams.</summary>
    public uint RemoteQueueKey { get; init; }

    /// <summary>Index into the P_Key table of the port: general services; other types send the P_Key of their own index.</summary>
    public ushort PkeyIndex { get; init; }

    /// <summary>Bytes at the peer that a flush of a range covers, at most 2^31; 0 is legal.</summary>
    public uint FlushLength { get; init; }

    /// <summary>How far a flush carries the data; at least one of its bits.</summary>
    public FlushPlacement FlushPlacement { get; init; }

    /// <summary>What a flush covers.</summary>
    public FlushSelectivity FlushSelectivity { get; init; }

    /// <summary>The <see cref="MemoryWindowBinding"/> or <see cref="FastRegistration"/> to execute: bind and register.</summary>
    public MemoryOperation? MemoryOperation { get; init; }

    internal bool HasEntry => _hasEntry;

    /// <summary>The entries, however they were given.</summary>
    [UnscopedRef]
    internal ReadOnlySpan<ScatterGatherEntry> List
    {
        get
        {
            if (!_hasEntry)
                return Entries.Span;
            if (!Entries.IsEmpty)
                WorkRequestCheck.ThrowBothEntries();
            return MemoryMarshal.CreateReadOnlySpan(in _entry, 1);
        }
    }
}
