namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>The end of a graph: notes what arrives and lets it go. While it is blocked it defers.</summary>
public sealed class TestSink(string name = "sink", Action<TestBurst>? arrived = null) : IStage<TestBurst>
{
    private volatile bool _blocked;

    public IStageContext<TestBurst> Context { get; private set; } = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs => [];

    public List<TestBurst> Arrived { get; } = [];

    public int Items { get; private set; }

    public bool KeepsThem { get; init; } = true;

    public void Attach(IStageContext<TestBurst> context) => Context = context;

    public void Block() => _blocked = true;

    public void Unblock()
    {
        _blocked = false;
        Context.Wake();
    }

    public void Process(TestBurst burst)
    {
        if (_blocked)
        {
            Context.Defer(burst);
            return;
        }

        if (KeepsThem)
        {
            Arrived.Add(burst);
        }

        arrived?.Invoke(burst);
        Items += burst.Count;
        Context.Ended(burst.Count);
        burst.Release();
    }
}
