using System.Runtime.InteropServices;

namespace RdmaPipeline.Backends.Udp;

/// <summary><c>struct cmsghdr</c> of 64-bit Linux; data follows at once, the next header at a multiple of 8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public const int Size = 16;

    public nuint Length;
    public int Level;
    public int Type;

    /// <summary>Bytes a control message of this many data bytes takes, up to where the next one starts.</summary>
    public static int Space(int dataBytes) => (Size + dataBytes + 7) & ~7;
}
