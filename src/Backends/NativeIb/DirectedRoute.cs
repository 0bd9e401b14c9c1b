using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Management;

namespace RdmaPipeline.Backends.NativeIb;

/// <summary>
/// What adapters and switches do to a directed-route datagram on its way: the request collects the ports it came in by, the answer goes
/// back by them. The hop pointer is 0 at the sender of the request, there and back, and one more than the hop count where it is answered.
/// Routes that begin or end with a part routed by LID are not followed.
/// </summary>
internal static class DirectedRoute
{
    /// <summary>What a node says to a datagram that it does not pass on.</summary>
    public const int Nowhere = -1;

    private const int MostHops = 63;
    private const int PointerOffset = 6;
    private const int SourceLidOffset = 32;
    private const int DestinationLidOffset = 34;
    private const int InitialPathOffset = 128;
    private const int ReturnPathOffset = 192;

    // An adapter has one port.
    private const byte AdapterPort = 1;

    /// <summary>Whether a datagram follows a directed route that a fabric can follow.</summary>
    public static bool IsRouted(ReadOnlySpan<byte> mad) =>
        MadHeader.TryParse(mad, out var header) && header.ManagementClass == ManagementClass.SubnetDirectedRoute
        && header.HopCount <= MostHops
        && BinaryPrimitives.ReadUInt16BigEndian(mad[SourceLidOffset..]) == Lrh.PermissiveLid
        && BinaryPrimitives.ReadUInt16BigEndian(mad[DestinationLidOffset..]) == Lrh.PermissiveLid;

    /// <summary>A datagram leaves the adapter that sends it.</summary>
    /// <returns>False when the route does not begin there.</returns>
    public static bool TryLeave(Span<byte> mad)
    {
        var (pointer, count, isReturning) = Read(mad);
        if (pointer != (isReturning ? count + 1 : 0))
            return false;
        mad[PointerOffset] = (byte)(isReturning ? count : 1);
        return mad[(isReturning ? ReturnPathOffset : InitialPathOffset) + mad[PointerOffset]] == AdapterPort;
    }

    /// <summary>A datagram comes to a switch, or, returning, from the switch itself.</summary>
    /// <param name="mad">The datagram.</param>
    /// <param name="arrival">The port it came in by.</param>
    /// <returns>The port to send it out by, 0 for the switch itself, or <see cref="Nowhere"/>.</returns>
    public static int Cross(Span<byte> mad, byte arrival)
    {
        var (pointer, count, isReturning) = Read(mad);
        if (pointer < 1 || pointer > (isReturning ? count + 1 : count))
            return Nowhere;
        if (!isReturning)
            mad[ReturnPathOffset + pointer] = arrival;
        var next = isReturning ? pointer - 1 : pointer + 1;
        mad[PointerOffset] = (byte)next;
        if (next > count)
            return 0;
        var exit = next == 0 ? 0 : mad[(isReturning ? ReturnPathOffset : InitialPathOffset) + next];
        return exit == 0 ? Nowhere : exit;
    }

    /// <summary>A datagram comes to an adapter.</summary>
    /// <returns>False when its route goes on, which an adapter's does not.</returns>
    public static bool TryReach(Span<byte> mad)
    {
        var (pointer, count, isReturning) = Read(mad);
        if (pointer != (isReturning ? 1 : count))
            return false;
        if (!isReturning)
            mad[ReturnPathOffset + pointer] = AdapterPort;
        mad[PointerOffset] = (byte)(isReturning ? 0 : count + 1);
        return true;
    }

    private static (int Pointer, int Count, bool IsReturning) Read(ReadOnlySpan<byte> mad) =>
        MadHeader.TryParse(mad, out var header) ? (header.HopPointer, header.HopCount, header.IsReturning) : default;
}
