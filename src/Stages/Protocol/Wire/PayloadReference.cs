using System.Runtime.InteropServices;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>
/// Payload of an outgoing packet where it lies in registered (pinned) memory: read once, when the packet is encoded.
/// </summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Bytes, at least 1.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PayloadReference(nint Address, int Length);
