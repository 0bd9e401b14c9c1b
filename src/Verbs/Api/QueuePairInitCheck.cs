namespace RdmaPipeline.Verbs;

/// <summary>The checks of create_qp (verbs.md 6).</summary>
internal static class QueuePairInitCheck
{
    /// <summary>Refuses what create_qp must refuse.</summary>
    /// <param name="device">Where the queue pair shall live.</param>
    /// <param name="init">What it shall be.</param>
    /// <exception cref="RdmaException">EINVAL or EOPNOTSUPP.</exception>
    public static void Check(RdmaDevice device, QueuePairInitAttributes init)
    {
        QueuePairTypeTraits traits = QueuePairTypeTraits.Of(init.Type)
            ?? throw RdmaException.Invalid($"qp_type is {(int)init.Type}: there is no such type");
        if (!device.Provider.Supports(init.Type))
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"qp_type is {init.Type}: this device does not offer it");
        CheckQueue(device, init.SendCompletionQueue, traits.Sends, "send_cq", init.Type);
        CheckQueue(device, init.ReceiveCompletionQueue, traits.Receives, "recv_cq", init.Type);
        if (init.Type is QueuePairType.Smi or QueuePairType.Gsi)
            device.CheckPort(init.Port);
        if (init.SharedReceiveQueue is { } shared)
            CheckSharedReceiveQueue(device, shared, traits);
        CheckCapabilities(device.Attributes, init, traits);
    }

    private static void CheckSharedReceiveQueue(RdmaDevice device, SharedReceiveQueue shared, QueuePairTypeTraits traits)
    {
        if (!traits.MayShareReceives)
            throw RdmaException.Invalid($"srq is set: a queue pair of type {traits.Type} takes none");
        if (shared.Type != SharedReceiveQueueType.Basic)
            throw RdmaException.Invalid($"srq is of type {shared.Type}: a queue pair takes a basic one");
        if (shared.Device != device)
            throw RdmaException.Invalid("srq belongs to another device: make it with a protection domain of this one");
    }

    private static void CheckQueue(RdmaDevice device, CompletionQueue? queue, bool needed, string name, QueuePairType type)
    {
        if (queue is null && needed)
            throw RdmaException.Invalid($"{name} is missing: a queue pair of type {type} needs one");
        if (queue is not null && !needed)
            throw RdmaException.Invalid($"{name} is set: a queue pair of type {type} has none");
        if (queue is not null && queue.Device != device)
            throw RdmaException.Invalid($"{name} belongs to another device: make it with the CreateCompletionQueue of this one");
    }

    // Those of a queue that it will not have are not looked at.
    private static void CheckCapabilities(DeviceAttributes device, QueuePairInitAttributes init, QueuePairTypeTraits traits)
    {
        QueuePairCapabilities caps = init.Capabilities;
        ArgumentNullException.ThrowIfNull(caps);
        if (traits.Sends)
        {
            CheckRange("max_send_wr", caps.MaxSendWorkRequests, device.MaxQueuePairWorkRequests);
            CheckRange("max_send_sge", caps.MaxSendEntries, device.MaxScatterGatherEntries);
            CheckRange("max_inline_data", caps.MaxInlineData, device.MaxInlineData);
        }
        if (traits.Receives && init.SharedReceiveQueue is null)
        {
            CheckRange("max_recv_wr", caps.MaxReceiveWorkRequests, device.MaxQueuePairWorkRequests);
            CheckRange("max_recv_sge", caps.MaxReceiveEntries, device.MaxScatterGatherEntries);
        }
    }

    private static void CheckRange(string name, int value, int limit)
    {
        if (value < 0 || value > limit)
            throw RdmaException.Invalid($"{name} is {value}; it must be 0 to {limit}");
    }
}
