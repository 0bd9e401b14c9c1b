using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>One send work request of a <see cref="WorkloadDirection"/>, planned before anything is posted.</summary>
internal sealed record WorkloadOperation(ulong Id, SendOpcode Opcode, int Size, ulong Seed)
{
    public SendFlags Flags { get; set; }

    public bool IsInline { get; init; }

    /// <summary>Its source or sink at the requester.</summary>
    public int LocalOffset { get; init; }

    /// <summary>Its target at the responder; a receive slot for SENDs.</summary>
    public int RemoteOffset { get; init; }

    /// <summary>A WRITE to memory that other WRITEs of the plan hit too, so that only the last one can be checked.</summary>
    public bool IsContended { get; init; }

    public uint Immediate { get; init; }

    public ulong CompareAdd { get; init; }

    public ulong Swap { get; init; }

    /// <summary>What an atomic must return, by the model.</summary>
    public ulong Original { get; init; }

    /// <summary>Memory of the responder that a SEND with invalidate ends.</summary>
    public MemoryRegion? Lent { get; set; }

    /// <summary>A window of the responder that it ends instead.</summary>
    public MemoryWindow? LentWindow { get; set; }

    /// <summary>What a bind or register does; made when it is posted.</summary>
    public MemoryOperation? Memory { get; set; }

    /// <summary>Its local memory is named by the key of the registration posted right before it.</summary>
    public bool IsFastRegistered { get; init; }

    /// <summary>How far a FLUSH goes.</summary>
    public FlushPlacement Placement { get; init; }

    /// <summary>What a FLUSH covers.</summary>
    public FlushSelectivity Selectivity { get; init; }

    /// <summary>Which of the responder's shared receive queues it names; 0 when there are none to name.</summary>
    public int Pool { get; set; }

    /// <summary>Bytes of the receive work request that it takes, unless it comes from a pool; −1 when it takes none.</summary>
    public int ReceiveCapacity { get; init; } = -1;

    public bool IsSend => Opcode is SendOpcode.Send or SendOpcode.SendWithImmediate or SendOpcode.SendWithInvalidate;

    public bool IsWrite => Opcode is SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate or SendOpcode.AtomicWrite;

    public bool IsAtomic => Opcode is SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd;

    /// <summary>It moves no data.</summary>
    public bool IsBare => Opcode is SendOpcode.Flush or SendOpcode.BindMemoryWindow or SendOpcode.RegisterMemoryRegion
        or SendOpcode.LocalInvalidate;

    public bool HasImmediate => Opcode is SendOpcode.SendWithImmediate or SendOpcode.RdmaWriteWithImmediate;
}
