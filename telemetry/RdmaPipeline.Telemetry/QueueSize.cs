namespace RdmaPipeline.Telemetry;

/// <summary>What waits in a queue.</summary>
/// <param name="Items">Items.</param>
/// <param name="Bursts">Bursts; the capacity is in these.</param>
public readonly record struct QueueSize(long Items, int Bursts)
{
    /// <summary>Adds two queues.</summary>
    public static QueueSize operator +(QueueSize left, QueueSize right) => new(left.Items + right.Items, left.Bursts + right.Bursts);

    /// <summary>Adds another queue.</summary>
    public QueueSize Add(QueueSize other) => this + other;
}
