using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>What a queue pair machine may ask of the shard that owns it.</summary>
public interface IQueuePairHost
{
    /// <summary>
    /// Raises an affiliated asynchronous event of this queue pair. Called on the shard; must not block and must not call back.
    /// </summary>
    /// <param name="type">The event (verbs.md section 7).</param>
    void Raise(AsyncEventType type);

    /// <summary>
    /// Work requests are about to be flushed, and their memory becomes the user's again: packets that were built of it and are still on
    /// their way must not look there any more. A host that copies what it is given at once has nothing to do.
    /// </summary>
    void ReleaseMemory()
    {
    }

    /// <summary>A send work request that was stamped when it was posted has ended.</summary>
    /// <param name="opcode">What it did.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="postedAt">When it was posted, in nanoseconds on the host's clock.</param>
    void WorkRequestEnded(SendOpcode opcode, WorkCompletionStatus status, long postedAt)
    {
    }

    /// <summary>The peer has acknowledged a packet that was sent once.</summary>
    /// <param name="nanoseconds">How long that took.</param>
    void RoundTripMeasured(long nanoseconds)
    {
    }

    /// <summary>An acknowledgement leaves.</summary>
    /// <param name="nanoseconds">How long the first request that it answers has waited for it.</param>
    void AcknowledgementLeft(long nanoseconds)
    {
    }

    /// <summary>Looks up an entry of the port's GID table, when Modify takes an address vector.</summary>
    /// <param name="port">The port, from 1.</param>
    /// <param name="index">0 to <see cref="QueuePairOptions.GidTableLength"/> − 1.</param>
    /// <returns>The address, or null when the entry is empty.</returns>
    Gid? FindGid(int port, int index);

    /// <summary>
    /// Looks up an entry of the port's P_Key table, as it is at this moment: a subnet manager may change it at any time (R-WIRE-27).
    /// Allocates and locks nothing, so it may be asked for every packet. A host without a table of its own has the default partition.
    /// </summary>
    /// <param name="port">The port, from 1.</param>
    /// <param name="index">Any number.</param>
    /// <returns>The P_Key; 0, which matches nothing, when there is no such entry or it is empty.</returns>
    ushort FindPkey(int port, int index) => index == 0 ? DefaultPkey : (ushort)0;

    /// <summary>
    /// Finds the entry of the port's P_Key table that matches a received P_Key (R-WIRE-26), as general services need it. Allocates and
    /// locks nothing.
    /// </summary>
    /// <param name="port">The port, from 1.</param>
    /// <param name="received">The P_Key of a packet.</param>
    /// <returns>The lowest index that matches, or −1.</returns>
    int MatchPkey(int port, ushort received) => PartitionKeys.Match(DefaultPkey, received) ? 0 : -1;

    /// <summary>The default partition, full member.</summary>
    private const ushort DefaultPkey = 0xFFFF;
}
