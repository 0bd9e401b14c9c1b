using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>
/// A data edge of a running graph: from an output port of one stage to the input of another, with capacity, gate and meter.
/// </summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public abstract class Edge<T>
    where T : class, IBurst
{
    private protected Edge(EdgeSpec spec, StageHost<T> from, StageHost<T> to, Edge<T>? previous)
    {
        Spec = spec;
        From = from;
        To = to;
        Gate = new EdgeGate(GateChanged);
        if (previous is null)
        {
            Meter = new EdgeMeter(spec.From, spec.Port, spec.To, spec.ToPort, spec.Capacity, Count);
        }
        else
        {
            Gate.Continue(previous.Gate);
            Meter = previous.Meter;
            Meter.Continue(spec.Capacity, Count);
        }
    }

    /// <summary>What the graph's description says about the edge.</summary>
    public EdgeSpec Spec { get; private set; }

    /// <summary>Bursts the target holds for this edge.</summary>
    public int Capacity => Spec.Capacity;

    /// <summary>Holds back or lets go what flows over the edge.</summary>
    public EdgeGate Gate { get; }

    /// <summary>What it counts.</summary>
    public EdgeMeter Meter { get; }

    internal StageHost<T> From { get; }

    internal StageHost<T> To { get; }

    /// <summary>Any thread: the target may hold more, or less, for this edge from now on.</summary>
    internal void Resize(EdgeSpec spec)
    {
        if (spec != Spec)
        {
            Spec = spec;
            Meter.Continue(spec.Capacity, Count);
            To.Wake();
        }
    }

    /// <summary>
    /// On the shard of the source, behind a closed gate: is again what it was, after another edge had taken its place and has carried
    /// nothing.
    /// </summary>
    internal void Restore(EdgeSpec spec)
    {
        Spec = spec;
        Meter.Continue(spec.Capacity, Count);
        Gate.TakeBack();
        Reconnect();
    }

    /// <summary>What waits at the source: behind a closed gate, or because the target has postponed it.</summary>
    public abstract QueueSize WaitingAtSource { get; }

    /// <summary>Counts what is queued at the target and what the target has postponed, or the gate holds, at the source.</summary>
    private protected abstract QueueSize Count();

    /// <summary>Leads the port where it starts back to it.</summary>
    private protected abstract void Reconnect();

    /// <summary>Any thread: the gate was opened or closed.</summary>
    private protected abstract void GateChanged();
}
