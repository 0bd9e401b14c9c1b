namespace RdmaPipeline.Verbs;

/// <summary>The checks of create_srq, create_srq_ex and modify_srq (verbs.md 5, R-VERB-18), before anything is made or changed.</summary>
internal static class SharedReceiveQueueCheck
{
    /// <summary>Refuses what create_srq_ex must refuse.</summary>
    /// <param name="device">Where the queue shall live.</param>
    /// <param name="init">What it shall be.</param>
    /// <exception cref="RdmaException">EINVAL or EOPNOTSUPP.</exception>
    public static void Create(RdmaDevice device, SharedReceiveQueueInitAttributes init)
    {
        if (init.Type is not (SharedReceiveQueueType.Basic or SharedReceiveQueueType.Xrc))
            throw RdmaException.Invalid($"srq_type is {(int)init.Type}; it must be 0 (Basic) or 1 (Xrc)");
        CheckSize(device, init.MaxWorkRequests);
        int entries = device.Attributes.MaxSharedReceiveQueueEntries;
        if (init.MaxEntries < 0 || init.MaxEntries > entries)
            throw RdmaException.Invalid($"max_sge is {init.MaxEntries}; it must be 0 to max_srq_sge = {entries}");
        CheckLimit(init.Limit, init.MaxWorkRequests);
        CheckPart("xrcd", init.XrcDomain, init.XrcDomain?.Device, device, init.Type);
        CheckPart("cq", init.CompletionQueue, init.CompletionQueue?.Device, device, init.Type);
    }

    /// <summary>Refuses what modify_srq must refuse.</summary>
    /// <param name="device">The device of the queue.</param>
    /// <param name="context">The queue.</param>
    /// <param name="given">What shall change.</param>
    /// <exception cref="RdmaException">EINVAL or EOPNOTSUPP.</exception>
    public static void Modify(RdmaDevice device, SharedReceiveQueueContext context, SharedReceiveQueueAttributes given)
    {
        int size = given.MaxWorkRequests ?? context.Capacity;
        if (size != context.Capacity)
        {
            CheckSize(device, size);
            if ((device.Attributes.Capabilities & DeviceCapabilities.SharedReceiveQueueResize) == 0)
                throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"max_wr is {size}: this device cannot resize shared receive queues");
            if (size < context.Count)
                throw RdmaException.Invalid($"max_wr is {size}, but {context.Count} receives are posted");
        }
        CheckLimit(given.Limit ?? context.Limit, size);
    }

    private static void CheckSize(RdmaDevice device, int size)
    {
        int most = device.Attributes.MaxSharedReceiveQueueWorkRequests;
        if (size < 1 || size > most)
            throw RdmaException.Invalid($"max_wr is {size}; it must be 1 to max_srq_wr = {most}");
    }

    private static void CheckLimit(int limit, int size)
    {
        if (limit < 0 || limit > size)
            throw RdmaException.Invalid($"srq_limit is {limit}; it must be 0 to max_wr = {size}");
    }

    private static void CheckPart(string name, object? part, RdmaDevice? owner, RdmaDevice device, SharedReceiveQueueType type)
    {
        bool needed = type == SharedReceiveQueueType.Xrc;
        if (part is null && needed)
            throw RdmaException.Invalid($"{name} is missing: a shared receive queue of type {type} needs one");
        if (part is not null && !needed)
            throw RdmaException.Invalid($"{name} is set: a shared receive queue of type {type} has none");
        if (part is not null && owner != device)
            throw RdmaException.Invalid($"{name} belongs to another device: make it with this one");
    }
}
