namespace RdmaPipeline.Verbs;

/// <summary>The checks of post_send for what is no message: atomics, flushes, and what this side does to its own memory.</summary>
internal static class SendFormCheck
{
    private const FlushPlacement AnyPlacement = FlushPlacement.GlobalVisibility | FlushPlacement.Persistence;
    private const uint MaxFlush = 1u << 31;

    /// <summary>Checks a request by its form.</summary>
    /// <param name="form">The form of its opcode.</param>
    /// <param name="context">Its queue pair.</param>
    /// <param name="request">The request.</param>
    /// <param name="length">The sum of its entries.</param>
    /// <exception cref="RdmaException">EINVAL or EOPNOTSUPP.</exception>
    public static void Check(SendForm form, QueuePairContext context, in SendWorkRequest request, ulong length)
    {
        if (form == SendForm.EightBytes)
        {
            CheckEightBytes(request, length);
            return;
        }

        if (length != 0)
            throw RdmaException.Invalid($"the entries hold {length} bytes; {request.Opcode} has no memory of this side");
        if (form == SendForm.Flush)
            CheckFlush(context, request);
        else if (form == SendForm.MemoryOperation)
            CheckMemoryOperation(context, request);
        else if (request.InvalidateKey == 0)
            throw RdmaException.Invalid("invalidate_rkey is 0, which is never a key");
    }

    private static void CheckEightBytes(in SendWorkRequest request, ulong length)
    {
        if (length != 8)
            throw RdmaException.Invalid($"the length of the atomic is {length}; it must be 8");
        if ((request.RemoteAddress & 7) != 0)
            throw RdmaException.Invalid($"remote_addr is 0x{request.RemoteAddress:x}; an atomic needs a multiple of 8");
    }

    private static void CheckFlush(QueuePairContext context, in SendWorkRequest request)
    {
        if (request.FlushPlacement == 0 || (request.FlushPlacement & ~AnyPlacement) != 0)
            throw RdmaException.Invalid($"the placement type is 0x{(int)request.FlushPlacement:x}; give {AnyPlacement} or one of them");
        if (request.FlushSelectivity > FlushSelectivity.MemoryRegion)
            throw RdmaException.Invalid($"the selectivity level is {(int)request.FlushSelectivity}; it must be 0 or 1");
        if (request.FlushLength > MaxFlush)
            throw RdmaException.Invalid($"the length of the flush is {request.FlushLength}; the limit is 2^31 = {MaxFlush}");
        CheckOffered(context, request.FlushPlacement, FlushPlacement.GlobalVisibility, DeviceCapabilities.FlushGlobal);
        CheckOffered(context, request.FlushPlacement, FlushPlacement.Persistence, DeviceCapabilities.FlushPersistent);
    }

    private static void CheckOffered(
        QueuePairContext context, FlushPlacement wanted, FlushPlacement placement, DeviceCapabilities needed)
    {
        if ((wanted & placement) != 0)
            context.Owner?.Device.CheckOffers(needed, $"a flush for {placement}");
    }

    private static void CheckMemoryOperation(QueuePairContext context, in SendWorkRequest request)
    {
        if (request.MemoryOperation is not { } operation)
            throw RdmaException.Invalid($"opcode is {request.Opcode}: give the operation in {nameof(SendWorkRequest.MemoryOperation)}");
        if (operation.Opcode != request.Opcode)
            throw RdmaException.Invalid($"opcode is {request.Opcode}, but the memory operation is for {operation.Opcode}");
        operation.Check(context);
    }
}
