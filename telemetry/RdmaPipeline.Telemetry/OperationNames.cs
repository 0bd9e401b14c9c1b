using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>The names of operations, of low cardinality: the values of <see cref="AttributeNames.OperationName"/>.</summary>
public static class OperationNames
{
    /// <summary>SEND in all its forms.</summary>
    public const string Send = "send";

    /// <summary>RDMA WRITE, with immediate or without.</summary>
    public const string Write = "write";

    /// <summary>RDMA READ.</summary>
    public const string Read = "read";

    /// <summary>Compare and swap.</summary>
    public const string CompareAndSwap = "compare_and_swap";

    /// <summary>Fetch and add.</summary>
    public const string FetchAndAdd = "fetch_and_add";

    /// <summary>ATOMIC WRITE.</summary>
    public const string AtomicWrite = "atomic_write";

    /// <summary>FLUSH of memory.</summary>
    public const string Flush = "flush";

    /// <summary>A key is invalidated on this side.</summary>
    public const string LocalInvalidate = "local_invalidate";

    /// <summary>A memory window is bound.</summary>
    public const string Bind = "bind";

    /// <summary>A memory region is registered by a work request.</summary>
    public const string Register = "register";

    /// <summary>A receive.</summary>
    public const string Receive = "receive";

    /// <summary>All names.</summary>
    public static ImmutableArray<string> All { get; } =
        [Send, Write, Read, CompareAndSwap, FetchAndAdd, AtomicWrite, Flush, LocalInvalidate, Bind, Register, Receive];
}
