using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>A queue pair as its shard keeps it: the machine, the flow its packets leave on, and its place in the timer wheel.</summary>
internal sealed class QueuePairEntry : TimerEntry, IQueuePairHost
{
    private readonly RdmaDevice _device;
    private readonly DevicePort _port;

    /// <summary>Makes the entry and the machine of a queue pair.</summary>
    public QueuePairEntry(QueuePairContext context, Shard shard, RdmaDevice device, DevicePort port, QueuePairOptions options)
    {
        _device = device;
        _port = port;
        Context = context;
        Shard = shard;
        Machine = new QueuePairMachine(context, device.MemoryRegions, this, options);
    }

    public QueuePairContext Context { get; }

    public Shard Shard { get; }

    public QueuePairMachine Machine { get; }

    public uint Number => Context.Number;

    /// <summary>The flow of its packets; the default value until the queue pair has a path.</summary>
    public FlowPath Path { get; set; }

    /// <summary>What the machine asked for while the current burst was processed.</summary>
    public Work Due { get; set; }

    /// <summary>The deadline the entry is armed for in the shard's wheel; <see cref="TimerWheel.Never"/> when it is not.</summary>
    public long ArmedFor { get; set; } = TimerWheel.Never;

    /// <summary>Set while the entry waits in the shard's list of responses to ring for.</summary>
    public bool IsResponseDeferred { get; set; }

    /// <summary>Set when the queue pair has been destroyed: tokens and deadlines that are still about find nothing to do.</summary>
    public bool IsClosed { get; set; }

    /// <inheritdoc/>
    public void Raise(AsyncEventType type) => _device.Raise(type, Context);

    /// <inheritdoc/>
    public Gid? FindGid(int port, int index) => _port.Gids.Find(index)?.Gid;

    /// <inheritdoc/>
    public ushort FindPkey(int port, int index) => _port.Pkeys.Find(index);

    /// <inheritdoc/>
    public int MatchPkey(int port, ushort received) => _port.Pkeys.Match(received);
}
