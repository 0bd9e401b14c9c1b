using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Keeps every burst for a time.</summary>
internal sealed class DrawnHolder(GraphParts parts, string name) : DrawnStage(parts, name, "out"), IHoldingStage<TestBurst>
{
    private const long Delay = 100;

    private readonly Queue<(TestBurst Burst, long Due)> _held = new();

    public QueueSize Held => new(_held.Sum(held => held.Burst.Count), _held.Count);

    public override void Process(TestBurst burst)
    {
        Parts.Book.Arrives(burst, Name);
        _held.Enqueue((burst, Context.Services!.NowNanoseconds + Delay));
        Context.WakeAt(_held.Peek().Due);
    }

    public bool Pump()
    {
        if (!_held.TryPeek(out var next)) return false;
        if (next.Due > Context.Services!.NowNanoseconds)
        {
            Context.WakeAt(next.Due);
            return false;
        }

        Pass(_held.Dequeue().Burst);
        return true;
    }

    public bool TryGiveBack(out TestBurst burst)
    {
        var any = _held.TryDequeue(out var next);
        burst = next.Burst;
        if (any) Parts.Book.Leaves(burst, Name, 0);
        return any;
    }
}
