using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Verbs;

/// <summary>The checks of post_send (requester.md 13) and post_recv (R-VERB-13), before anything is taken from the ring.</summary>
internal static class WorkRequestCheck
{
    private const uint MaxQueuePairNumber = 0xFFFFFF;
    private const ulong MaxMessage = 1UL << 31;
    private const uint MaxSharedReceiveQueue = 0xFFFFFF;
    private const SendFlags OfferedFlags = SendFlags.Fence | SendFlags.Signaled | SendFlags.Solicited | SendFlags.Inline;
    private const QueuePairState FirstSending = QueuePairState.ReadyToSend;

    /// <summary>Checks a send.</summary>
    /// <param name="context">Its queue pair.</param>
    /// <param name="request">The request.</param>
    /// <param name="entries">Its entries.</param>
    /// <returns>The length of its message.</returns>
    /// <exception cref="RdmaException">EINVAL or EOPNOTSUPP.</exception>
    public static uint Send(QueuePairContext context, in SendWorkRequest request, ReadOnlySpan<ScatterGatherEntry> entries)
    {
        if (context.State < FirstSending)
            Throw($"the queue pair is in {context.State}: sends are accepted from RTS on, connect it first");
        if ((context.SendOpcodes & SendOpcodeTraits.Bit(request.Opcode)) == 0)
            ThrowOpcode(context.Type, request.Opcode);
        if ((request.Flags & ~OfferedFlags) != 0)
            ThrowFlags(request.Flags);
        if (entries.Length > context.Caps.MaxSendEntries)
            Throw($"num_sge is {entries.Length}; the limit max_send_sge is {context.Caps.MaxSendEntries}");
        ulong length = request.InlineData.IsEmpty ? Sum(entries) : (ulong)request.InlineData.Length;
        if (length > MaxMessage)
            Throw($"the length of the message is {length}; the limit is 2^31 = {MaxMessage}");
        if (IsInline(request))
            CheckInline(context, request, entries, length);
        SendForm form = SendOpcodeTraits.Of(request.Opcode).Form;
        if (form != SendForm.Message)
            SendFormCheck.Check(form, context, request, length);
        if (request.Address is not null || request.RemoteQueuePair != 0)
            CheckDatagram(context, request);
        if (request.RemoteSharedReceiveQueue > MaxSharedReceiveQueue && context.Type == QueuePairType.XrcInitiator)
            Throw($"remote_srqn is 0x{request.RemoteSharedReceiveQueue:x}; it has 24 bits, the limit is 0x{MaxSharedReceiveQueue:x}");
        return (uint)length;
    }

    /// <summary>Checks a receive.</summary>
    /// <param name="context">Its queue pair.</param>
    /// <param name="entries">Its entries.</param>
    /// <returns>The sum of their lengths.</returns>
    /// <exception cref="RdmaException">EINVAL.</exception>
    public static uint Receive(QueuePairContext context, ReadOnlySpan<ScatterGatherEntry> entries)
    {
        if (context.State == QueuePairState.Reset)
            Throw("the queue pair is in Reset: receives are accepted from INIT on, modify it first");
        if (context.SharedReceives is not null)
            Throw("the queue pair has a shared receive queue: post to that");
        if (!QueuePairTypeTraits.Of(context.Type)!.Receives)
            Throw($"a queue pair of type {context.Type} has no receive queue");
        return Receive(entries, context.Caps.MaxReceiveEntries, "max_recv_sge");
    }

    /// <summary>Checks the memory of a receive, whatever queue it is for.</summary>
    /// <param name="entries">Its entries.</param>
    /// <param name="maxEntries">Entries that a receive of the queue may have.</param>
    /// <param name="limit">The name of this limit.</param>
    /// <returns>The sum of their lengths.</returns>
    /// <exception cref="RdmaException">EINVAL.</exception>
    public static uint Receive(ReadOnlySpan<ScatterGatherEntry> entries, int maxEntries, string limit)
    {
#if !CANARY_UNCHECKED_ENTRIES
        if (entries.Length > maxEntries)
            Throw($"num_sge is {entries.Length}; the limit {limit} is {maxEntries}");
#endif
        ulong length = Sum(entries);
        if (length >= MaxMessage)
            Throw($"the length of the receive is {length}; the limit is 2^31 - 1 = {MaxMessage - 1}");
        return (uint)length;
    }

    public static bool IsInline(in SendWorkRequest request) =>
        (request.Flags & SendFlags.Inline) != 0 || !request.InlineData.IsEmpty;

    [DoesNotReturn]
    public static void ThrowBothEntries() => Throw("both Entry and Entries are set: set one of them");

    private static ulong Sum(ReadOnlySpan<ScatterGatherEntry> entries)
    {
        ulong sum = 0;
        foreach (ref readonly ScatterGatherEntry entry in entries)
            sum += entry.Length;
        return sum;
    }

    private static void CheckInline(
        QueuePairContext context, in SendWorkRequest request, ReadOnlySpan<ScatterGatherEntry> entries, ulong length)
    {
        if (!SendOpcodeTraits.Of(request.Opcode).AllowsInline)
            Throw($"opcode is {request.Opcode}, which cannot be inline: give it scatter-gather entries");
        if (!request.InlineData.IsEmpty && !entries.IsEmpty)
            Throw("both InlineData and scatter-gather entries are set: set one of them");
        if (length > (ulong)context.Caps.MaxInlineData)
            Throw($"the length of the inline data is {length}; the limit max_inline_data is {context.Caps.MaxInlineData}");
    }

    private static void CheckDatagram(QueuePairContext context, in SendWorkRequest request)
    {
        if (request.RemoteQueuePair > MaxQueuePairNumber)
            Throw($"remote_qpn is 0x{request.RemoteQueuePair:x}; it has 24 bits, the limit is 0x{MaxQueuePairNumber:x}");
        if (request.Address is not { } address)
            return;
        if (address.IsDisposed)
            Throw("ah has been disposed of: make another");
        if (context.Owner is { } owner && address.Device != owner.Device)
            Throw("ah belongs to another device: make it with the CreateAddressHandle of a domain of this one");
    }

    [DoesNotReturn]
    private static void ThrowOpcode(QueuePairType type, SendOpcode opcode)
    {
        ulong standard = QueuePairTypeTraits.Of(type)?.SendOpcodes ?? 0;
        if ((standard & SendOpcodeTraits.Bit(opcode)) != 0)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"opcode is {opcode}: this device does not offer it");
        throw RdmaException.Invalid($"opcode is {opcode}: a queue pair of type {type} does not know it");
    }

    [DoesNotReturn]
    private static void ThrowFlags(SendFlags flags)
    {
        if ((flags & ~OfferedFlags) == SendFlags.IpChecksum)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"send_flags is {flags}: this device does not offer {SendFlags.IpChecksum}");
        throw RdmaException.Invalid($"send_flags is 0x{(int)flags:x}: the bits 0x{(int)(flags & ~OfferedFlags):x} are not known here");
    }

    [DoesNotReturn]
    private static void Throw(string message) => throw RdmaException.Invalid(message);
}
