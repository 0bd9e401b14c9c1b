using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A stage that keeps every burst until a time on its shard's clock, or until it is let go.</summary>
public sealed class TestHolder(string name, long delay) : IHoldingStage<TestBurst>
{
    private readonly Queue<(TestBurst Burst, long Due)> _held = new();

    public IStageContext<TestBurst> Context { get; private set; } = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs => ["out"];

    public QueueSize Held => new(_held.Sum(h => h.Burst.Count), _held.Count);

    public void Attach(IStageContext<TestBurst> context) => Context = context;

    public void Process(TestBurst burst)
    {
        long due = Context.Services!.NowNanoseconds + delay;
        _held.Enqueue((burst, due));
        if (_held.Count == 1)
        {
            Context.WakeAt(due);
        }
    }

    public bool Pump()
    {
        long now = Context.Services!.NowNanoseconds;
        if (!_held.TryPeek(out (TestBurst Burst, long Due) next))
        {
            return false;
        }

        if (next.Due > now)
        {
            Context.WakeAt(next.Due);
            return false;
        }

        Context.Emit(0, _held.Dequeue().Burst);
        return true;
    }

    /// <summary>Gives nothing back, whatever it holds.</summary>
    public bool IsMiser { get; set; }

    /// <summary>What <see cref="TryGiveBack"/> throws while the stage holds anything; null for nothing.</summary>
    public Exception? FailsToGiveBack { get; init; }

    public bool TryGiveBack(out TestBurst burst)
    {
        if (FailsToGiveBack is { } failure && _held.Count != 0)
        {
            throw failure;
        }

        (TestBurst? Burst, long Due) next = default;
        bool any = !IsMiser && _held.TryDequeue(out next!);
        burst = next.Burst!;
        return any;
    }
}
