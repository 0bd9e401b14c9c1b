using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>The names that spans have for what the protocol calls otherwise.</summary>
internal static class MessageWords
{
    /// <summary>What an RNR NAK is called.</summary>
    public const string ReceiverNotReady = "rnr";

    public static string Of(SendOpcode opcode) => opcode switch
    {
        SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate => OperationNames.Write,
        SendOpcode.RdmaRead => OperationNames.Read,
        SendOpcode.CompareAndSwap => OperationNames.CompareAndSwap,
        SendOpcode.FetchAndAdd => OperationNames.FetchAndAdd,
        SendOpcode.AtomicWrite => OperationNames.AtomicWrite,
        SendOpcode.Flush => OperationNames.Flush,
        SendOpcode.LocalInvalidate => OperationNames.LocalInvalidate,
        SendOpcode.BindMemoryWindow => OperationNames.Bind,
        SendOpcode.RegisterMemoryRegion => OperationNames.Register,
        _ => OperationNames.Send,
    };

    /// <summary>Executed on this side, without a peer.</summary>
    public static bool IsLocal(SendOpcode opcode) =>
        opcode is SendOpcode.LocalInvalidate or SendOpcode.BindMemoryWindow or SendOpcode.RegisterMemoryRegion;

    public static string Of(PacketOperation operation) => operation switch
    {
        PacketOperation.Write => OperationNames.Write,
        PacketOperation.ReadRequest => OperationNames.Read,
        PacketOperation.CompareSwap => OperationNames.CompareAndSwap,
        PacketOperation.FetchAdd => OperationNames.FetchAndAdd,
        PacketOperation.AtomicWrite => OperationNames.AtomicWrite,
        PacketOperation.Flush => OperationNames.Flush,
        _ => OperationNames.Send,
    };

    public static string Of(RetransmitReason reason) => reason switch
    {
        RetransmitReason.Timeout => "timeout",
        RetransmitReason.SequenceNak => "nak_sequence",
        RetransmitReason.ReceiverNotReady => "rnr",
        RetransmitReason.ImpliedNak => "implied_nak",
        _ => "ack_request",
    };

    public static string Of(NakCode code) => code switch
    {
        NakCode.PsnSequenceError => "psn_sequence_error",
        NakCode.InvalidRequest => "invalid_request",
        NakCode.RemoteAccessError => "remote_access",
        NakCode.RemoteOperationalError => "remote_operational",
        _ => "reserved",
    };
}
