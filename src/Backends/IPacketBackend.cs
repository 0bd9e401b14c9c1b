using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends;

/// <summary>
/// Moves framed packets. Knows no queue pair, PSN or completion (R-BE-7). All members belong to the shard that drives the back-end,
/// except <see cref="Wake"/>, <see cref="QueryLink"/>, <see cref="Description"/> and <see cref="Counters"/>, which any thread may use.
/// </summary>
public interface IPacketBackend : IDisposable
{
    /// <summary>Name, addresses, limits and abilities; constant.</summary>
    BackendDescription Description { get; }

    /// <summary>The codec for this back-end's frames.</summary>
    FrameCodec Codec { get; }

    /// <summary>Bursts for sending through this back-end, and those it receives into.</summary>
    PacketPool Pool { get; }

    /// <summary>What the back-end did so far.</summary>
    BackendCounters Counters { get; }

    /// <summary>
    /// Sends encoded packets of one flow, in order, starting at the burst's <see cref="PacketBurst.SentCount"/>, and moves that cursor.
    /// A packet the medium refuses is counted as lost and as taken: the wire is allowed to lose (R-BE-8).
    /// </summary>
    /// <param name="burst">
    /// The burst. After its last packet the back-end owns it (and has released it or passed it on); until then the caller keeps it and
    /// calls again when <see cref="WaitForTraffic"/> says there is room.
    /// </param>
    /// <returns>Packets taken by this call; 0 means the medium would block.</returns>
    int Send(PacketBurst burst);

    /// <summary>
    /// Whether a send that would have blocked is worth another try now. A back-end that cannot tell without a system call says so always.
    /// </summary>
    bool IsSendReady => true;

    /// <summary>Pulls what has arrived; never blocks.</summary>
    /// <param name="bursts">Filled from the start with bursts in state <see cref="BurstStage.Received"/>, which the caller owns.</param>
    /// <returns>Number of bursts.</returns>
    int Receive(Span<PacketBurst?> bursts);

    /// <summary>Parks the calling driver until traffic arrives, <see cref="Wake"/> is called or the time is over.</summary>
    /// <param name="timeoutNanoseconds">
    /// Longest wait; 0 only looks, a negative number waits without limit. A medium may round up to a millisecond.
    /// </param>
    /// <param name="orSendReady">Also return when a send that would have blocked can go on.</param>
    /// <returns>False when only the time ended the wait.</returns>
    bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady);

    /// <summary>Ends the current wait, or the next one if nobody waits. Any thread.</summary>
    void Wake();

    /// <summary>Whether a way to a peer is known to lead nowhere: the resolution of its address. Any thread; may ask the system.</summary>
    /// <param name="source">One of the port's GIDs.</param>
    /// <param name="destination">The peer's GID, or that of a multicast group.</param>
    /// <returns>False only when the peer surely cannot be reached now.</returns>
    bool CanReach(UInt128 source, UInt128 destination) => true;

    /// <summary>
    /// Starts to receive a multicast group. Only with <see cref="BackendCapabilities.Multicast"/>; without it there is no filter and this
    /// is not called. Not for a group that is joined already: the caller counts (R-VERB-12).
    /// </summary>
    /// <param name="group">MGID: an IPv6 or native one starts with 0xFF, an IPv4 group is <c>::ffff:224.0.0.0</c> and up.</param>
    /// <exception cref="ArgumentException">The port has no address of the group's family.</exception>
    /// <exception cref="BackendOpenException">The system refuses; the message says what and why.</exception>
    void JoinGroup(UInt128 group) => throw new NotSupportedException($"{Description.Name} does not filter multicast.");

    /// <summary>Stops to receive a group that was joined.</summary>
    /// <param name="group">MGID.</param>
    void LeaveGroup(UInt128 group) => throw new NotSupportedException($"{Description.Name} does not filter multicast.");

    /// <summary>
    /// Who answers management datagrams in the port's name; asked in this order. Only with
    /// <see cref="BackendCapabilities.Management"/>.
    /// </summary>
    IReadOnlyList<IManagementAgent> ManagementAgents => [];

    /// <summary>State of the port now. Any thread.</summary>
    /// <returns>State and MTU.</returns>
    LinkStatus QueryLink();

    /// <summary>The port's addresses now; those of the description unless the back-end can gain and lose some. Any thread.</summary>
    /// <returns>Big-endian 128-bit numbers, in no promised order.</returns>
    IReadOnlyList<UInt128> QueryGids() => Description.Gids;

    /// <summary>
    /// Names whom to tell of what happens to the port. A back-end that cannot tell does nothing here: it is looked at once in a while.
    /// </summary>
    /// <param name="listener">Called from any thread, without a lock of the back-end held; it may query the back-end.</param>
    void Listen(Action<BackendEvent> listener)
    {
    }

    /// <summary>
    /// Takes the port down or up again, as the user asks; called only where <see cref="BackendCapabilities.PortControl"/> is announced.
    /// Any thread.
    /// </summary>
    /// <param name="up">Whether the port shall carry packets.</param>
    void SetPortState(bool up)
    {
    }

    /// <summary>
    /// Tells that the user changed the capability mask of the port; called only where
    /// <see cref="BackendCapabilities.CapabilityMaskEvents"/> is announced. Any thread.
    /// </summary>
    /// <param name="mask">The mask in force.</param>
    void CapabilityMaskChanged(uint mask)
    {
    }
}
