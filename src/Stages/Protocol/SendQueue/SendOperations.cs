using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;
using Kind = RdmaPipeline.Protocol.SendQueue.SendOperationKind;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// The operations of one transport service by the opcode of the work request. A new operation is a new row, written with the opcodes of
/// the reliable connection, from which the other services derive theirs (wire.md section 4.2); one that is not in the table completes its
/// work request with LOC_QP_OP_ERR.
/// </summary>
internal sealed class SendOperations
{
    private static readonly SendOperation?[] ReliableRows = BuildRows();
    private static readonly SendOperations Reliable = new(ReliableRows);
    private static readonly SendOperations Unreliable = new(Derive(Opcode.UcSendFirst));
    private static readonly SendOperations Extended = new([.. Derive(Opcode.XrcSendFirst).Select(Extend)]);
    private static readonly SendOperations Datagram = new(BuildDatagramRows());

    private readonly SendOperation?[] _rows;

    private SendOperations(SendOperation?[] rows) => _rows = rows;

    /// <summary>The table of a type of queue pair.</summary>
    public static SendOperations For(QueuePairType type) => type switch
    {
        QueuePairType.UnreliableConnection => Unreliable,
        QueuePairType.UnreliableDatagram or QueuePairType.Gsi or QueuePairType.Smi => Datagram,
        QueuePairType.XrcInitiator => Extended,
        _ => Reliable,
    };

    /// <summary>The row of an opcode, or null when this queue pair does not send it.</summary>
    public SendOperation? Find(SendOpcode opcode) => (uint)opcode < (uint)_rows.Length ? _rows[(int)opcode] : null;

    // What the service has no opcode for, it does not send: a UC neither reads nor invalidates (R-REQ-54, R-REQ-61).
    private static SendOperation?[] Derive(Opcode firstOfService) =>
        [.. ReliableRows.Select(row => row?.On((byte)firstOfService)).Select(row => row is { IsAvailable: true } ? row : null)];

    // R-REQ-59: as RC, with XRCETH in every packet.
    private static SendOperation? Extend(SendOperation? row) => row is null ? null : row with { HasXrcEth = true };

    private static SendOperation?[] BuildRows()
    {
        var table = new SendOperation?[(int)SendOpcode.RegisterMemoryRegion + 1];
        table[(int)SendOpcode.Send] = new(
            Kind.Data, WorkCompletionOpcode.Send,
            Opcode.RcSendFirst, Opcode.RcSendMiddle, Opcode.RcSendLast, Opcode.RcSendOnly, TakesReceive: true);
        table[(int)SendOpcode.SendWithImmediate] = new(
            Kind.Data, WorkCompletionOpcode.Send,
            Opcode.RcSendFirst, Opcode.RcSendMiddle, Opcode.RcSendLastImmediate, Opcode.RcSendOnlyImmediate,
            HasImmediate: true, TakesReceive: true);
        table[(int)SendOpcode.SendWithInvalidate] = new(
            Kind.Data, WorkCompletionOpcode.Send,
            Opcode.RcSendFirst, Opcode.RcSendMiddle, Opcode.RcSendLastInvalidate, Opcode.RcSendOnlyInvalidate,
            HasInvalidate: true, TakesReceive: true);
        table[(int)SendOpcode.RdmaWrite] = new(
            Kind.Data, WorkCompletionOpcode.RdmaWrite,
            Opcode.RcWriteFirst, Opcode.RcWriteMiddle, Opcode.RcWriteLast, Opcode.RcWriteOnly, HasReth: true);
        table[(int)SendOpcode.RdmaWriteWithImmediate] = new(
            Kind.Data, WorkCompletionOpcode.RdmaWrite,
            Opcode.RcWriteFirst, Opcode.RcWriteMiddle, Opcode.RcWriteLastImmediate, Opcode.RcWriteOnlyImmediate,
            HasReth: true, HasImmediate: true, TakesReceive: true);
        table[(int)SendOpcode.RdmaRead] = Single(Kind.Read, WorkCompletionOpcode.RdmaRead, Opcode.RcReadRequest, hasReth: true);
        table[(int)SendOpcode.CompareAndSwap] = Single(Kind.Atomic, WorkCompletionOpcode.CompareAndSwap, Opcode.RcCompareSwap);
        table[(int)SendOpcode.FetchAndAdd] = Single(Kind.Atomic, WorkCompletionOpcode.FetchAndAdd, Opcode.RcFetchAdd);
        table[(int)SendOpcode.AtomicWrite] =
            Single(Kind.AtomicWrite, WorkCompletionOpcode.AtomicWrite, Opcode.RcAtomicWrite, hasReth: true);
        table[(int)SendOpcode.Flush] = Single(Kind.Flush, WorkCompletionOpcode.Flush, Opcode.RcFlush, hasReth: true);
        table[(int)SendOpcode.LocalInvalidate] = Local(WorkCompletionOpcode.LocalInvalidate);
        table[(int)SendOpcode.BindMemoryWindow] = Local(WorkCompletionOpcode.BindMemoryWindow);
        table[(int)SendOpcode.RegisterMemoryRegion] = Local(WorkCompletionOpcode.RegisterMemoryRegion);
        return table;
    }

    // R-REQ-55: one packet whatever the message.
    private static SendOperation?[] BuildDatagramRows()
    {
        var table = new SendOperation?[(int)SendOpcode.SendWithImmediate + 1];
        table[(int)SendOpcode.Send] = Datagrams(Opcode.UdSendOnly, hasImmediate: false);
        table[(int)SendOpcode.SendWithImmediate] = Datagrams(Opcode.UdSendOnlyImmediate, hasImmediate: true);
        return table;
    }

    private static SendOperation Datagrams(Opcode opcode, bool hasImmediate) => new(
        Kind.Data, WorkCompletionOpcode.Send, opcode, opcode, opcode, opcode, HasImmediate: hasImmediate, TakesReceive: true);

    private static SendOperation Local(WorkCompletionOpcode completion) => Single(Kind.Local, completion, default);

    private static SendOperation Single(Kind kind, WorkCompletionOpcode completion, Opcode opcode, bool hasReth = false) =>
        new(kind, completion, opcode, opcode, opcode, opcode, HasReth: hasReth);
}
