namespace RdmaPipeline.ApiTests.Table;

/// <summary>The functions that verbs.md asks for, section by section.</summary>
internal static class VerbTable
{
    /// <summary>The 24 functions that must live once, in the generic layer (verbs.md 10).</summary>
    public static readonly Verb[] Generic =
    [
        new("create_cq", "RdmaDevice.CreateCompletionQueue"),
        new("destroy_cq", "CompletionQueue.Dispose"),
        new("poll_cq", "CompletionQueue.Poll", "CompletionQueue.PollAsync", "CompletionQueue.Read"),
        new("req_notify_cq", "CompletionQueue.RequestNotification"),
        new("resize_cq", "CompletionQueue.Resize"),
        new("create_srq", "ProtectionDomain.CreateSharedReceiveQueue"),
        new("modify_srq", "SharedReceiveQueue.Modify"),
        new("destroy_srq", "SharedReceiveQueue.Dispose"),
        new("query_srq", "SharedReceiveQueue.Query"),
        new("create_qp", "ProtectionDomain.CreateQueuePair"),
        new("query_device", "RdmaDevice.Attributes"),
        new("query_gid", "RdmaDevice.QueryGid", "RdmaDevice.QueryGidEntry", "RdmaDevice.QueryGidTable"),
        new("alloc_ucontext", "RdmaPipelineDevice.Open"),
        new("modify_device", "RdmaDevice.ModifyDevice"),
        new("modify_qp", "QueuePair.Modify"),
        new("dealloc_ucontext", "RdmaDevice.Dispose"),
        new("query_port", "RdmaDevice.QueryPort"),
        new("destroy_qp", "QueuePair.Dispose"),
        new("get_port_immutable", "RdmaDevice.GetPortImmutable"),
        new("modify_port", "RdmaDevice.ModifyPort"),
        new("query_qp", "QueuePair.Query"),
        new("post_send", "QueuePair.PostSend", "QueuePair.TryPostSend"),
        new("post_recv", "QueuePair.PostReceive", "QueuePair.TryPostReceive"),
        new("post_srq_recv", "SharedReceiveQueue.PostReceive"),
    ];

    /// <summary>The 21 functions that a driver must have: the union of then and now (verbs.md 9).</summary>
    public static readonly Verb[] Mandatory =
    [
        .. Generic.Where(verb => verb.Function is "query_device" or "query_port" or "query_gid" or "create_qp" or "modify_qp"
            or "destroy_qp" or "post_send" or "post_recv" or "create_cq" or "destroy_cq" or "poll_cq" or "req_notify_cq"
            or "get_port_immutable"),
        new("query_pkey", "RdmaDevice.QueryPkey"),
        new("alloc_pd", "RdmaDevice.CreateProtectionDomain"),
        new("dealloc_pd", "ProtectionDomain.Dispose"),
        new("create_ah", "ProtectionDomain.CreateAddressHandle"),
        new("destroy_ah", "AddressHandle.Dispose"),
        new("get_dma_mr", "ProtectionDomain.RegisterAddressSpace"),
        new("reg_user_mr", "ProtectionDomain.RegisterMemory"),
        new("dereg_mr", "MemoryRegion.Dispose"),
    ];

    /// <summary>Every function once.</summary>
    public static IEnumerable<Verb> All => Generic.Union(Mandatory);
}
