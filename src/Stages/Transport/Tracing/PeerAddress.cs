using System.Diagnostics;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>The other end of a message: a GID, or a LID where packets carry no GID.</summary>
internal readonly record struct PeerAddress(UInt128 Gid, ushort Lid)
{
    /// <summary>An IP address, or <c>lid 5</c>; empty when it is not known.</summary>
    public override string ToString() => Gid != 0 ? GidAddress.ToIp(Gid).ToString() : Lid != 0 ? $"lid {Lid}" : "";

    /// <summary>Puts it on a span.</summary>
    public void AddTo(Activity span)
    {
        string text = ToString();
        if (text.Length == 0)
            return;
        span.SetTag(AttributeNames.PeerAddress, text);
        if (Lid == 0)
            span.SetTag(AttributeNames.PeerPort, (int)UdpHeader.RoCEv2Port);
    }
}
