using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Makes a burst for each token of the doorbells that lead to it; what it gets ends here.</summary>
internal sealed class DrawnPump(GraphParts parts, string name) : DrawnStage(parts, name, "out"), IPumpStage<TestBurst>
{
    private const int Budget = 4;

    public override void Process(TestBurst burst)
    {
        Parts.Book.Arrives(burst, Name);
        End(burst);
    }

    public bool Pump()
    {
        for (var left = Budget; left > 0; left--)
        {
            if (!Context.HasRoom) return true;
            if (!TryTake(out var items)) return false;
            var burst = new TestBurst(Parts.NextSequence(), (int)items);
            Parts.Book.Born(burst);
            Context.Created(burst.Count);
            Pass(burst);
        }

        return true;
    }

    private bool TryTake(out uint items)
    {
        foreach (var bell in Parts.Feeding(Name))
        {
            if (bell.TryTake(out items)) return true;
        }

        items = 0;
        return false;
    }
}
