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

    /// <summary>Looks up an entry of the port's GID table, when Modify takes an address vector.</summary>
    /// <param name="port">The port, from 1.</param>
    /// <param name="index">0 to <see cref="QueuePairOptions.GidTableLength"/> − 1.</param>
    /// <returns>The address, or null when the entry is empty.</returns>
    Gid? FindGid(int port, int index);

    /// <summary>Looks up an entry of the port's P_Key table, when Modify takes an index and when the table has changed.</summary>
    /// <param name="port">The port, from 1.</param>
    /// <param name="index">0 to <see cref="QueuePairOptions.PartitionKeyTableLength"/> − 1.</param>
    /// <returns>The P_Key; an empty entry is 0, which matches none (R-WIRE-26).</returns>
    ushort FindPkey(int port, int index);
}
