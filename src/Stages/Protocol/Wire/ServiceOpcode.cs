namespace RdmaPipeline.Protocol.Wire;

/// <summary>The opcodes of the services that have the operations of RC under another base (wire.md section 4.2).</summary>
internal static class ServiceOpcode
{
    private const int OperationBits = 5;

    /// <summary>The opcode that does in this service what an opcode of RC does there; ask whether it is known.</summary>
    public static Opcode OpcodeFor(this TransportService service, Opcode reliable) =>
        (Opcode)(((int)service << OperationBits) | (byte)reliable);
}
