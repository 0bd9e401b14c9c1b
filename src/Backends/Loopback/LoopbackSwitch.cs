using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.NativeIb;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// The one switch of a native fabric, as directed routes see it: a hop to the switch, and one more by the number of a port to what is
/// plugged in there. The caller serialises changes; the data path reads whichever snapshot is there.
/// </summary>
internal sealed class LoopbackSwitch : ISwitch
{
    /// <summary>Most ports of a switch; what is plugged in beyond them is reached by LID only.</summary>
    private const byte MostPorts = 254;

    private const int ManagementOffset = 20;

    private readonly SwitchManagementAgent _agent;
    private LoopbackBackend?[] _ports = [null];

    /// <param name="name">Name of the fabric.</param>
    public LoopbackSwitch(string name)
    {
        Description = $"switch of {name}";
        _agent = new SwitchManagementAgent(this);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public byte PortCount => (byte)(Volatile.Read(ref _ports).Length - 1);

    /// <inheritdoc/>
    public LinkStatus? LinkAt(int number) => At(number)?.QueryLink();

    /// <summary>Plugs a port in where no other has been.</summary>
    public void Add(LoopbackBackend port)
    {
        if (_ports.Length <= MostPorts)
            Volatile.Write(ref _ports, [.. _ports, port]);
    }

    /// <summary>Pulls a port's plug; its number stays empty.</summary>
    public void Remove(LoopbackBackend port) =>
        Volatile.Write(ref _ports, [.. _ports.Select(plugged => ReferenceEquals(plugged, port) ? null : plugged)]);

    /// <summary>Takes a datagram with the permissive LID to where its route leads, changing it as the hops do.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="burst">A burst that holds one packet and is nobody else's.</param>
    /// <returns>Who gets it; null when the route leads nowhere. Without hops, or without a route, it is the sender.</returns>
    public LoopbackBackend? Carry(LoopbackBackend from, PacketBurst burst)
    {
        ref var packet = ref burst.Packets[0];
        if (packet.TransportLength != ManagementOffset + MadHeader.DatagramLength + Icrc.Length)
            return from;
        var mad = burst.Bytes(packet.TransportOffset + ManagementOffset, MadHeader.DatagramLength);
        if (!MadHeader.TryParse(mad, out var header) || header.ManagementClass != ManagementClass.SubnetDirectedRoute
            || header.HopCount == 0)
            return from;
        var to = DirectedRoute.IsRouted(mad) ? Follow(from, mad) : null;
        Seal(from, burst.Bytes(packet.FrameOffset, packet.FrameLength));
        return to;
    }

    private LoopbackBackend? Follow(LoopbackBackend from, Span<byte> mad)
    {
        var arrival = Array.IndexOf(Volatile.Read(ref _ports), from);
        if (arrival <= 0 || !DirectedRoute.TryLeave(mad))
            return null;
        var exit = DirectedRoute.Cross(mad, (byte)arrival);
        if (exit == 0)
            exit = _agent.TryAnswer(mad, (byte)arrival) ? DirectedRoute.Cross(mad, 0) : DirectedRoute.Nowhere;
        return At(exit) is { } to && DirectedRoute.TryReach(mad) ? to : null;
    }

    private LoopbackBackend? At(int number)
    {
        var ports = Volatile.Read(ref _ports);
        return number > 0 && number < ports.Length ? ports[number] : null;
    }

    // Each hop makes both sums new, because it has changed what they cover.
    private static void Seal(LoopbackBackend from, Span<byte> frame)
    {
        if ((from.Description.Capabilities & BackendCapabilities.IcrcTransmitOffload) != 0)
            return;
        Icrc.Write(frame, NativeFrame.Locate(frame));
        Vcrc.Write(frame);
    }
}
