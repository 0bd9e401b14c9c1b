namespace RdmaPipeline.Telemetry;

#pragma warning disable CS1591 // each member is its own name in snake_case; see DropReasons
/// <summary>Why an item was dropped: the closed list.</summary>
public enum DropReason : byte
{
    None, IcrcMismatch, BadHeader, BadOpcode, BadPkey, BadQkey, UnknownQp, QpState, BadLength, BadTransport, Duplicate, OutOfSequence,
    StaleAck, NoReceiveBuffer, SrqEmpty, MrViolation, MtuExceeded, QueueFull, SocketError, InjectedFault, Reconfiguration, NoRoute, Ttl,
}
