using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing.Headers;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>One non-blocking, unconnected UDP socket.</summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    private readonly FileDescriptor _descriptor;
    private readonly UInt128 _gid;

    public UdpSocket(UInt128 gid)
    {
        _gid = gid;
        var family = GidAddress.IsIpv4(gid) ? FamilyIPv4 : FamilyIPv6;
        var descriptor = LibC.OpenSocket(family, Datagram | NonBlocking | CloseOnExec, 0);
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            var message = Marshal.GetPInvokeErrorMessage(errno);
            throw new BackendOpenException($"udp://{GidAddress.ToIp(gid)}: no UDP socket ({message}).", errno);
        }

        _descriptor = new FileDescriptor(descriptor);
        if (IsIPv6)
            TrySet(LevelIPv6, Ipv6Only, 1);
    }

    public bool IsIPv6 => !GidAddress.IsIpv4(_gid);

    public int Descriptor => _descriptor.Number;

    public bool TrySet(int level, int option, int value) =>
        LibC.SetOption(Descriptor, level, option, &value, sizeof(int)) == 0;

    public bool TrySet(int level, int option, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
            return LibC.SetOption(Descriptor, level, option, start, (uint)value.Length) == 0;
    }

    public int Get(int level, int option)
    {
        int value = 0;
        uint length = sizeof(int);
        return LibC.GetOption(Descriptor, level, option, &value, &length) == 0 ? value : -1;
    }

    /// <returns>0, or the error number.</returns>
    public int Bind(ushort port, uint scope)
    {
        var name = stackalloc byte[SocketName.MaxLength];
        SocketName.Write(new Span<byte>(name, SocketName.MaxLength), _gid, port, scope);
        return LibC.Bind(Descriptor, name, (uint)SocketName.Length(_gid)) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public void Dispose() => _descriptor.Dispose();
}
