using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>A stage that passes on what it gets; it keeps the books, and knows whether it was disposed of.</summary>
internal class DrawnStage(GraphParts parts, string name, params string[] outputs) : IStage<TestBurst>, IDisposable
{
    public string Name => name;

    public IReadOnlyList<string> Outputs => outputs;

    protected GraphParts Parts => parts;

    protected IStageContext<TestBurst> Context { get; private set; } = null!;

    public virtual void Attach(IStageContext<TestBurst> context) => Context = context;

    public virtual void Process(TestBurst burst)
    {
        parts.Book.Arrives(burst, name);
        Pass(burst, outputs.Length > 1 && burst.Sequence % 3 == 0 ? 1 : 0);
    }

    public void Wake() => Context?.Wake();

    public void Dispose()
    {
        if (!parts.Living.Remove(this)) throw new FuzzFailureException($"a stage '{name}' is disposed of twice");
    }

    protected void Pass(TestBurst burst, int port = 0)
    {
        parts.Book.Leaves(burst, name, port);
        Context.Emit(port, burst);
        Ring();
    }

    protected void End(TestBurst burst)
    {
        parts.Book.Ended(burst);
        Context.Ended(burst.Count);
        burst.Release();
        Ring();
    }

    private void Ring()
    {
        foreach (var bell in parts.RungBy(name)) bell.Ring(1);
    }
}
