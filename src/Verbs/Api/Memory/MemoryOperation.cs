namespace RdmaPipeline.Verbs;

/// <summary>
/// What a work request does to the keys of this device. Made before it is posted, so that posting and executing allocate nothing; may be
/// posted again once the key it has brought into force is no longer valid.
/// </summary>
public abstract class MemoryOperation
{
    private protected MemoryOperation(SendOpcode opcode, RdmaDevice device) => (Opcode, Device) = (opcode, device);

    /// <summary>The opcode that it goes with.</summary>
    public SendOpcode Opcode { get; }

    internal RdmaDevice Device { get; }

    /// <summary>
    /// Refuses what can only fail on this queue pair. Objects may change until the work request is executed, which decides.
    /// </summary>
    /// <param name="queuePair">Where it is to be posted.</param>
    /// <exception cref="RdmaException">EINVAL.</exception>
    internal void Check(QueuePairContext queuePair)
    {
        if (queuePair.Owner is { } owner && owner.Device != Device)
        {
            throw RdmaException.Invalid(
                $"{Opcode} is for an object of device {Device.Name}; the queue pair belongs to {owner.Device.Name}");
        }

        CheckDomain(queuePair.ProtectionDomain);
    }

    /// <summary>Does it. Called by the shard, when the work request starts.</summary>
    /// <param name="queuePair">Where it was posted.</param>
    /// <returns>False, and nothing has changed, when a rule of R-VERB-5 or R-VERB-6 does not hold.</returns>
    internal abstract bool TryExecute(QueuePairContext queuePair);

    private protected abstract void CheckDomain(uint protectionDomain);

    private protected static void CheckDomain(string what, ProtectionDomain domain, uint protectionDomain)
    {
        if (domain.Handle != protectionDomain)
            throw RdmaException.Invalid($"the {what} belongs to another protection domain than the queue pair");
    }
}
