using System.Runtime.InteropServices;

namespace RdmaPipeline.Backends.Udp;

/// <summary><c>struct mmsghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BatchedMessage
{
    public MessageHeader Header;
    public uint Length;
}
