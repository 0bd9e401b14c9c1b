namespace RdmaPipeline.Verbs;

/// <summary>Makes the shared part of a queue pair: its rings, sized as asked for (R-VERB-9).</summary>
internal static class QueuePairContextFactory
{
    /// <summary>Makes a context in the state RESET.</summary>
    /// <param name="domain">Its domain.</param>
    /// <param name="init">Checked attributes.</param>
    /// <returns>The context, not yet registered.</returns>
    /// <exception cref="RdmaException">ENOMEM: no memory for the rings.</exception>
    public static QueuePairContext Create(ProtectionDomain domain, QueuePairInitAttributes init)
    {
        QueuePairTypeTraits traits = QueuePairTypeTraits.Of(init.Type)!;
        QueuePairCapabilities caps = traits.Receives
            ? init.Capabilities
            : init.Capabilities with { MaxReceiveWorkRequests = 0, MaxReceiveEntries = 0 };
        try
        {
            return new QueuePairContext
            {
                Type = init.Type,
                Port = init.Type is QueuePairType.Smi or QueuePairType.Gsi ? init.Port : 1,
                SignalAll = init.SignalAll,
                Caps = caps,
                ProtectionDomain = domain.Handle,
                SendCq = init.SendCompletionQueue!,
                ReceiveCq = init.ReceiveCompletionQueue!,
                SendRing = new SendQueueRing(caps.MaxSendWorkRequests, caps.MaxSendEntries, caps.MaxInlineData),
                ReceiveRing = new ReceiveQueueRing(caps.MaxReceiveWorkRequests, caps.MaxReceiveEntries),
                SendOpcodes = traits.SendOpcodes & SendOpcodeTraits.OfferedBy(domain.Device.Attributes.Capabilities),
            };
        }
        catch (Exception cause) when (cause is OutOfMemoryException or OverflowException)
        {
            throw new RdmaException(VerbsErrno.ENOMEM, $"no memory for a queue pair of {caps}", cause);
        }
    }
}
