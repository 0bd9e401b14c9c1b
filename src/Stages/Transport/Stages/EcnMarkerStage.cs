using System.Numerics;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Marks packets as having met congestion, as a switch with a long queue does. On RoCEv2 that is ECN in the IP header, which all packets of
/// a burst share: if any of them is chosen, all are marked, and only flows that are capable of ECN (traffic class bits 01 or 10, as
/// <c>ConnectOptions.TrafficClass = 2</c> gives) are. On native InfiniBand it is FECN of the chosen packets. No ICRC covers either.
/// </summary>
/// <remarks>Behind <c>receive</c> it can mark what came over a socket only; stand behind <c>decode</c>, or around <c>encode</c>.</remarks>
public sealed class EcnMarkerStage : PacketStage
{
    private const byte CongestionExperienced = 3;
    private const byte ForwardCongestionBit = 0x80;
    private const int CongestionByte = 4;

    private readonly PacketChoice _choice;
    private long _marked;

    /// <summary>Makes a marker.</summary>
    /// <param name="choice">Which packets meet congestion.</param>
    public EcnMarkerStage(PacketChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        _choice = choice;
    }

    /// <summary>Packets that were marked. Any thread.</summary>
    public long Marked => Volatile.Read(ref _marked);

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        ulong chosen = _choice.Of(burst);
        if (chosen == 0)
            return;
        if (burst.Path.DestinationLid != 0)
            MarkNative(ref burst, chosen);
        else if ((burst.Path.TrafficClass & CongestionExperienced) is 1 or 2)
            MarkPath(ref burst);
    }

    private void MarkPath(ref PacketBurst burst)
    {
        Own(ref burst);
        burst.Path = burst.Path with { TrafficClass = (byte)(burst.Path.TrafficClass | CongestionExperienced) };
        if (burst.State == BurstStage.Encoded)
            Reframe(ref burst);
        _marked += burst.Count;
    }

    private void MarkNative(ref PacketBurst burst, ulong chosen)
    {
        if (burst.State == BurstStage.Received)
            return;
        Own(ref burst);
        for (ulong left = chosen; left != 0; left &= left - 1)
            Header(burst, BitOperations.TrailingZeroCount(left))[CongestionByte] |= ForwardCongestionBit;
        if (burst.State == BurstStage.Encoded)
            Reframe(ref burst); // the VCRC covers it
        _marked += BitOperations.PopCount(chosen);
    }
}
