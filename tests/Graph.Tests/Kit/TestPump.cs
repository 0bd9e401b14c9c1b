namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A source: for each token of its doorbell it makes a burst of that many items.</summary>
public sealed class TestPump(string name, Doorbell doorbell, int budget = 4) : IPumpStage<TestBurst>
{
    private int _sequence;

    public IStageContext<TestBurst> Context { get; private set; } = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs { get; init; } = ["out"];

    public int Made => _sequence;

    public int Producer { get; init; }

    public void Attach(IStageContext<TestBurst> context) => Context = context;

    public void Process(TestBurst burst)
    {
        Context.Ended(burst.Count);
        burst.Release();
    }

    public bool Pump()
    {
        for (int i = 0; i < budget; i++)
        {
            if (!Context.HasRoom)
            {
                return true;
            }

            if (!doorbell.TryTake(out uint items))
            {
                return false;
            }

            Context.Created((int)items);
            Context.Emit(0, new TestBurst(_sequence++, (int)items, Producer));
        }

        return true;
    }
}
