using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// Operations as counters tell them apart: SEND and WRITE in all their forms are one each. The numbers are those of the names that metrics
/// and spans give them.
/// </summary>
internal static class OperationIndex
{
    /// <summary>A receive.</summary>
    public const int Receive = 10;

    /// <summary>How many there are.</summary>
    public const int Count = 11;

    private const int Send = 0;
    private const int Write = 1;
    private const int Read = 2;
    private const int CompareAndSwap = 3;
    private const int FetchAndAdd = 4;
    private const int AtomicWrite = 5;
    private const int Flush = 6;
    private const int LocalInvalidate = 7;
    private const int Bind = 8;
    private const int Register = 9;

    /// <summary>What a work request does.</summary>
    public static int Of(SendOpcode opcode) => opcode switch
    {
        SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate => Write,
        SendOpcode.RdmaRead or SendOpcode.RdmaReadWithInvalidate => Read,
        SendOpcode.CompareAndSwap => CompareAndSwap,
        SendOpcode.FetchAndAdd => FetchAndAdd,
        SendOpcode.AtomicWrite => AtomicWrite,
        SendOpcode.Flush => Flush,
        SendOpcode.LocalInvalidate => LocalInvalidate,
        SendOpcode.BindMemoryWindow => Bind,
        SendOpcode.RegisterMemoryRegion => Register,
        _ => Send,
    };

    /// <summary>What a request of a peer does.</summary>
    public static int Of(PacketOperation operation) => operation switch
    {
        PacketOperation.Write => Write,
        PacketOperation.ReadRequest => Read,
        PacketOperation.CompareSwap => CompareAndSwap,
        PacketOperation.FetchAdd => FetchAndAdd,
        PacketOperation.AtomicWrite => AtomicWrite,
        PacketOperation.Flush => Flush,
        _ => Send,
    };
}
