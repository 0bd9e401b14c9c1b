using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>One row of the table of send operations: everything about an operation that does not depend on the work request.</summary>
/// <param name="Kind">What the operation makes of packets and responses.</param>
/// <param name="CompletionOpcode">The opcode of its work completion (completion.md section 2).</param>
/// <param name="First">
/// Wire opcode of the first of several packets; also of what has one packet only. The opcodes of what is executed here mean nothing.
/// </param>
/// <param name="Middle">Wire opcode of a packet in between.</param>
/// <param name="Last">Wire opcode of the last of several packets.</param>
/// <param name="Only">Wire opcode of the single packet of a message that fits in one.</param>
/// <param name="HasReth">The first packet names remote memory (R-REQ-7).</param>
/// <param name="HasImmediate">The last packet carries immediate data (R-REQ-6).</param>
/// <param name="HasInvalidate">The last packet names a key to invalidate (R-REQ-6).</param>
/// <param name="TakesReceive">
/// The responder needs a receive work request, so credits gate it (R-REQ-17) and its last packet may be solicited (R-REQ-9).
/// </param>
/// <param name="HasXrcEth">Every packet names the peer's shared receive queue (R-REQ-59).</param>
internal sealed record SendOperation(
    SendOperationKind Kind,
    WorkCompletionOpcode CompletionOpcode,
    Opcode First,
    Opcode Middle,
    Opcode Last,
    Opcode Only,
    bool HasReth = false,
    bool HasImmediate = false,
    bool HasInvalidate = false,
    bool TakesReceive = false,
    bool HasXrcEth = false)
{
    /// <summary>
    /// A response of its own completes it: it takes one of the max_rd_atomic slots and fences wait for it (R-REQ-21, R-REQ-29).
    /// </summary>
    public bool AwaitsData => Kind is not (SendOperationKind.Data or SendOperationKind.Local);

    /// <summary>What its local memory must allow (R-REQ-11): a sink is written, a source needs no flag.</summary>
    public AccessFlags LocalAccess =>
        Kind is SendOperationKind.Read or SendOperationKind.Atomic ? AccessFlags.LocalWrite : AccessFlags.None;

    /// <summary>SEND in any of its forms.</summary>
    public bool IsSend => Kind == SendOperationKind.Data && TakesReceive && !HasReth;

    /// <summary>Executed on this side, without a packet.</summary>
    public bool IsLocal => Kind == SendOperationKind.Local;

    /// <summary>Whether the service has it: it is executed here, or the opcode table knows the packet that holds it whole.</summary>
    public bool IsAvailable => IsLocal || OpcodeTraits.Of(Only).IsKnown;

    /// <summary>The same operation of another service, whose opcodes lie at a distance from those of the reliable connection.</summary>
    public SendOperation On(byte distance) => this with
    {
        First = First + distance, Middle = Middle + distance, Last = Last + distance, Only = Only + distance,
    };

    /// <summary>The wire opcode of a packet, by whether it is the first and the last of its message (R-REQ-6).</summary>
    public Opcode OpcodeAt(bool first, bool last) => first ? last ? Only : First : last ? Last : Middle;
}
