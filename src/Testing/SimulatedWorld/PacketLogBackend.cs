using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing.SimulatedWorld;

/// <summary>A back-end that logs what another one sends.</summary>
/// <param name="inner">The back-end, which belongs to this one from now on.</param>
/// <param name="log">The log.</param>
/// <param name="sender">The number under which to log.</param>
public sealed class PacketLogBackend(IPacketBackend inner, PacketLog log, int sender) : IPacketBackend
{
    /// <inheritdoc/>
    public BackendDescription Description => inner.Description;

    /// <inheritdoc/>
    public FrameCodec Codec => inner.Codec;

    /// <inheritdoc/>
    public PacketPool Pool => inner.Pool;

    /// <inheritdoc/>
    public BackendCounters Counters => inner.Counters;

    /// <inheritdoc/>
    public int Send(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        for (int i = burst.SentCount; i < burst.Count; i++)
            log.Add(sender, burst.Bytes(burst.Packets[i].FrameOffset, burst.Packets[i].FrameLength));
        return inner.Send(burst);
    }

    /// <inheritdoc/>
    public int Receive(Span<PacketBurst?> bursts) => inner.Receive(bursts);

    /// <inheritdoc/>
    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => inner.WaitForTraffic(timeoutNanoseconds, orSendReady);

    /// <inheritdoc/>
    public void Wake() => inner.Wake();

    /// <inheritdoc/>
    public bool CanReach(UInt128 source, UInt128 destination) => inner.CanReach(source, destination);

    /// <inheritdoc/>
    public void JoinGroup(UInt128 group) => inner.JoinGroup(group);

    /// <inheritdoc/>
    public void LeaveGroup(UInt128 group) => inner.LeaveGroup(group);

    /// <inheritdoc/>
    public IReadOnlyList<IManagementAgent> ManagementAgents => inner.ManagementAgents;

    /// <inheritdoc/>
    public LinkStatus QueryLink() => inner.QueryLink();

    /// <inheritdoc/>
    public IReadOnlyList<UInt128> QueryGids() => inner.QueryGids();

    /// <inheritdoc/>
    public void Listen(Action<BackendEvent> listener) => inner.Listen(listener);

    /// <inheritdoc/>
    public void SetPortState(bool up) => inner.SetPortState(up);

    /// <inheritdoc/>
    public void CapabilityMaskChanged(uint mask) => inner.CapabilityMaskChanged(mask);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
