namespace RdmaPipeline.Verbs;

/// <content>The verb that binds a memory window of type 1.</content>
public sealed partial class QueuePair
{
    /// <summary>
    /// Binds a memory window of type 1 (bind_mw), or unbinds it with a length of 0: posts a bind, whose completion tells that the key is in
    /// force. With it the key of the bind before ends (R-VERB-7). Requests posted earlier that use the old key need a fence (R-REQ-30).
    /// </summary>
    /// <param name="window">The window. Those of type 2 are bound by work requests.</param>
    /// <param name="region">The region, see <see cref="MemoryWindowBinding"/>; null to unbind.</param>
    /// <param name="address">The first byte, as the region counts.</param>
    /// <param name="length">Bytes; 0 unbinds.</param>
    /// <param name="access">What the peer may do.</param>
    /// <param name="workRequestId">Comes back in the completion.</param>
    /// <param name="flags">Options of the work request.</param>
    /// <returns>The new key for the peer.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: a window of type 2, or as <see cref="MemoryWindowBinding"/> and <see cref="PostSend(in SendWorkRequest)"/>. EPERM: window
    /// and region are of different protection domains. ENOMEM: the send queue is full.
    /// </exception>
    public uint BindWindow(MemoryWindow window, MemoryRegion? region, ulong address, ulong length, AccessFlags access,
        ulong workRequestId = 0, SendFlags flags = SendFlags.Signaled)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (window.Type != MemoryWindowType.Type1)
            throw RdmaException.Invalid($"mw is of type {window.Type}: it is bound by a work request, not by this verb");
        if (region is not null && region.ProtectionDomain.Handle != window.ProtectionDomain.Handle)
            throw new RdmaException(VerbsErrno.EPERM, "mr and mw belong to different protection domains");
        var binding = new MemoryWindowBinding(window, region, address, length, access);
        PostSend(new SendWorkRequest
        {
            WorkRequestId = workRequestId, Opcode = SendOpcode.BindMemoryWindow, Flags = flags, MemoryOperation = binding,
        });
        return binding.RemoteKey;
    }
}
