namespace RdmaPipeline.LoadTests;

/// <summary>What one end of a queue pair does to the other, one after the other.</summary>
internal enum LoadOperation
{
    Send,
    SendWithImmediate,

    /// <summary>A write with immediate data, then a read of the same bytes.</summary>
    WriteWithImmediate,

    /// <summary>A write, then a read of the same bytes.</summary>
    Write,
    FetchAndAdd,

    /// <summary>Every other one with a comparison that does not hold.</summary>
    CompareAndSwap,
}
