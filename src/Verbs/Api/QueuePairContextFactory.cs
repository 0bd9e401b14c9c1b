namespace RdmaPipeline.Verbs;

/// <summary>Makes the shared part of a queue pair: its rings, sized as asked for (R-VERB-9).</summary>
internal static class QueuePairContextFactory
{
    /// <summary>Makes a context in the state RESET.</summary>
    /// <param name="domain">Its domain.</param>
    /// <param name="init">Checked attributes.</param>
    /// <returns>The context, not yet registered.</returns>
    /// <exception cref="RdmaException">ENOMEM: no memory for the rings.</exception>
    public static QueuePairContext Create(ProtectionDomain domain, QueuePairInitAttributes init) =>
        Create(domain.Device, domain.Handle, null, init);

    /// <summary>Makes the context of an XRC target in the state RESET.</summary>
    /// <param name="domain">Its domain.</param>
    /// <param name="init">Checked attributes.</param>
    /// <returns>The context, not yet registered.</returns>
    public static QueuePairContext Create(XrcDomain domain, QueuePairInitAttributes init) =>
        Create(domain.Device, domain.Context.Handle, domain.Context, init);

    private static QueuePairContext Create(RdmaDevice device, uint domain, XrcDomainContext? xrcDomain, QueuePairInitAttributes init)
    {
        QueuePairTypeTraits traits = QueuePairTypeTraits.Of(init.Type)!;
        QueuePairCapabilities caps = Granted(traits, init);
        try
        {
            return new QueuePairContext
            {
                Type = init.Type,
                Port = init.Type is QueuePairType.Smi or QueuePairType.Gsi ? init.Port : 1,
                SignalAll = init.SignalAll,
                Caps = caps,
                ProtectionDomain = domain,
                SendCq = init.SendCompletionQueue!,
                ReceiveCq = init.ReceiveCompletionQueue!,
                SendRing = new SendQueueRing(caps.MaxSendWorkRequests, caps.MaxSendEntries, caps.MaxInlineData),
                ReceiveRing = new ReceiveQueueRing(caps.MaxReceiveWorkRequests, caps.MaxReceiveEntries),
                SharedReceives = init.SharedReceiveQueue?.Context,
                XrcDomain = xrcDomain,
                SendOpcodes = traits.SendOpcodes & SendOpcodeTraits.OfferedBy(device.Attributes.Capabilities),
            };
        }
        catch (Exception cause) when (cause is OutOfMemoryException or OverflowException)
        {
            throw new RdmaException(VerbsErrno.ENOMEM, $"no memory for a queue pair of {caps}", cause);
        }
    }

    // R-VERB-9: 0 for a queue that is not there, the receive queue beside a shared one included.
    private static QueuePairCapabilities Granted(QueuePairTypeTraits traits, QueuePairInitAttributes init)
    {
        QueuePairCapabilities caps = init.Capabilities;
        if (!traits.Sends)
            caps = caps with { MaxSendWorkRequests = 0, MaxSendEntries = 0, MaxInlineData = 0 };
        if (!traits.Receives || init.SharedReceiveQueue is not null)
            caps = caps with { MaxReceiveWorkRequests = 0, MaxReceiveEntries = 0 };
        return caps;
    }
}
