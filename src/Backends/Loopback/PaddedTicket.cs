using System.Runtime.InteropServices;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>A counter alone on its cache lines, so that senders and the receiver do not steal each other's.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct PaddedTicket
{
    [FieldOffset(64)]
    public long Value;
}
