namespace RdmaPipeline.Verbs;

/// <summary>
/// The transport behind an <see cref="RdmaDevice"/>. Arguments were validated against the attributes it reports; what needs the
/// queue pair's own state (transitions, required attributes) it checks itself. All members may be called from any thread.
/// </summary>
internal interface IVerbsProvider
{
    /// <summary>Identity and limits; constant for the life of the device.</summary>
    DeviceAttributes QueryDevice();

    /// <summary>The state of a port from 1 to <see cref="DeviceAttributes.PortCount"/>.</summary>
    PortAttributes QueryPort(int port);

    /// <summary>A slot of the GID table, null when it is empty. The index is below <see cref="PortAttributes.GidTableLength"/>.</summary>
    GidEntry? QueryGid(int port, int index);

    /// <summary>A P_Key. The index is below <see cref="PortAttributes.PkeyTableLength"/>.</summary>
    ushort QueryPkey(int port, int index);

    /// <summary>Finds the way to a peer; throws <see cref="RdmaException"/> EHOSTUNREACH when there is none (verbs.md section 2).</summary>
    void Resolve(AddressVector vector)
    {
    }

    /// <summary>Changes an entry of the P_Key table. The index is below <see cref="PortAttributes.PkeyTableLength"/>.</summary>
    void SetPkey(int port, int index, ushort pkey) => throw NotOffered("a P_Key table that can be changed");

    /// <summary>Changes a port, all or nothing; throws EOPNOTSUPP for what the link does not offer, EINVAL for an unknown bit.</summary>
    void ModifyPort(int port, PortModification change) => throw NotOffered("a port that can be changed");

    /// <summary>Nanoseconds on the device's clock, which never goes back. Any thread, shards included.</summary>
    long ReadClock() => throw NotOffered("a clock");

    /// <summary>
    /// The time on that clock for a work request of which the duration is measured; 0 while nobody wants to know. Must not throw.
    /// </summary>
    long StampPost() => 0;

    /// <summary>
    /// Calls <see cref="CompletionQueue.FireHeldBack"/> of a queue after a time in nanoseconds. Called by a shard that pushes a completion.
    /// </summary>
    void NotifyLater(CompletionQueue queue, long nanoseconds) => throw NotOffered("moderation with a period");

    /// <summary>Whether queue pairs of this type can be made.</summary>
    bool Supports(QueuePairType type);

    /// <summary>
    /// The address by which work requests and peers name memory unless they are told another: its own. A simulated device gives one that
    /// is the same in every run.
    /// </summary>
    ulong AddressOf(nint pointer, ulong length) => (nuint)pointer;

    /// <summary>
    /// Where those go on who waited for a completion: null is the thread pool. A simulated device has them wait for its own thread, which
    /// runs them between two steps.
    /// </summary>
    Action<IThreadPoolWorkItem>? Continuations => null;

    /// <summary>32 bits from the device's source of randomness: initial PSNs and memory keys.</summary>
    uint NextRandom();

    /// <summary>
    /// Called once, before anything else but <see cref="QueryDevice"/> and <see cref="NextRandom"/>: whose keys to resolve, whom to
    /// tell of events.
    /// </summary>
    void Attach(RdmaDevice device);

    /// <summary>Makes the machine of a new queue pair and gives it its number.</summary>
    void RegisterQueuePair(QueuePairContext context);

    /// <summary>Modifies all or nothing; throws <see cref="RdmaException"/> EINVAL or EOPNOTSUPP (R-VERB-14, R-VERB-15).</summary>
    void Modify(QueuePairContext context, QueuePairAttributes attributes);

    /// <summary>The attributes in force (R-VERB-11).</summary>
    QueuePairAttributes Query(QueuePairContext context);

    /// <summary>Ends a queue pair in any state: its work requests vanish, its number may be reused later (R-VERB-8, R-VERB-10).</summary>
    void Destroy(QueuePairContext context);

    /// <summary>
    /// Attaches a datagram queue pair to a multicast group (R-VERB-12): false when it is attached already; throws EINVAL, ENOMEM. The LID
    /// is 0 on Ethernet.
    /// </summary>
    bool AttachMulticast(QueuePairContext context, Gid group, ushort lid) =>
        throw new RdmaException(VerbsErrno.EOPNOTSUPP, "the device has no multicast");

    /// <summary>Detaches it; throws EINVAL when it is not attached.</summary>
    void DetachMulticast(QueuePairContext context, Gid group, ushort lid) =>
        throw new RdmaException(VerbsErrno.EOPNOTSUPP, "the device has no multicast");

    /// <summary>Sends were posted. Called once per raised <see cref="QueuePairContext.SendDoorbellRung"/>.</summary>
    void RingSend(QueuePairContext context);

    /// <summary>Receives were posted in ERR and want to be flushed (R-CQ-19).</summary>
    void RingReceive(QueuePairContext context);

    /// <summary>Returns after the last use of every key and queue pair that was retired before the call.</summary>
    void Quiesce();

    /// <summary>A polling thread lends itself to the device for one round; false: nothing was done.</summary>
    bool Drive();

    /// <summary>A thread is about to wait without polling: the background driver takes over.</summary>
    void AwaitHandover();

    /// <summary>Ends the device. All its queue pairs are destroyed already.</summary>
    void Close();

    private static RdmaException NotOffered(string what) => new(VerbsErrno.EOPNOTSUPP, $"this device does not offer {what}");
}
