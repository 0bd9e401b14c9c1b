namespace RdmaPipeline.Verbs;

/// <summary>A posted receive work request in the receive queue.</summary>
internal struct ReceiveWqe
{
    public ulong WorkRequestId;

    /// <summary>The sum of the entries; below 2^31 (R-VERB-13).</summary>
    public uint Length;
    public int EntryCount;
}
