using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>One operation of a reliable connection as the demonstration names it.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Opcode">What is posted.</param>
/// <param name="TakesReceive">The peer must have posted a receive.</param>
/// <param name="TakesMemory">It names memory of the peer.</param>
public sealed record DemoOperation(string Name, SendOpcode Opcode, bool TakesReceive, bool TakesMemory)
{
    /// <summary>Every operation a reliable connection has.</summary>
    public static IReadOnlyList<DemoOperation> All { get; } =
    [
        new("send", SendOpcode.Send, TakesReceive: true, TakesMemory: false),
        new("send_imm", SendOpcode.SendWithImmediate, TakesReceive: true, TakesMemory: false),
        new("send_inv", SendOpcode.SendWithInvalidate, TakesReceive: true, TakesMemory: false),
        new("write", SendOpcode.RdmaWrite, TakesReceive: false, TakesMemory: true),
        new("write_imm", SendOpcode.RdmaWriteWithImmediate, TakesReceive: true, TakesMemory: true),
        new("read", SendOpcode.RdmaRead, TakesReceive: false, TakesMemory: true),
        new("cmp_swap", SendOpcode.CompareAndSwap, TakesReceive: false, TakesMemory: true),
        new("fetch_add", SendOpcode.FetchAndAdd, TakesReceive: false, TakesMemory: true),
    ];

    public bool IsAtomic => Opcode is SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd;

    public bool HasImmediate => Opcode is SendOpcode.SendWithImmediate or SendOpcode.RdmaWriteWithImmediate;

    public bool Invalidates => Opcode is SendOpcode.SendWithInvalidate;

    /// <summary>The data travels from the peer to the one who asks.</summary>
    public bool Reads => Opcode is SendOpcode.RdmaRead;
}
