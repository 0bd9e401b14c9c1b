namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>
/// A graph of the shape of a transport: two pumps (one rung from outside, one by a stage), a fan-out, a shared tail with two inputs, two
/// sinks.
/// <code>
/// requests ═► source ─► split ─ low ─► left ──► left_sink
///                             └ high ─► right ═► answer ─┐
///             direct ═► injector ────────────────────────┴─► tail ─► tail_sink
/// </code>
/// </summary>
public sealed class SampleGraph
{
    public SampleGraph(HopPolicy hop = HopPolicy.Inline, int capacity = 4)
    {
        Source = new TestPump("source", Requests);
        Injector = new TestPump("injector", Direct) { Producer = 1 };
        Answer = new TestPump("answer", Owed) { Producer = 2 };
        Split = new TestStage("split", PassSplit, "low", "high");
        Left = new TestStage("left");
        Right = TestStage.Sink("right", (c, b) =>
        {
            Owed.Ring((uint)b.Count);
            c.Ended(b.Count);
            b.Release();
        });
        Tail = new TestStage("tail");
        Spec = Describe(hop, capacity);
    }

    public Doorbell Requests { get; } = new(100_000);

    public Doorbell Direct { get; } = new(100_000);

    public Doorbell Owed { get; } = new(100_000);

    public TestPump Source { get; }

    public TestPump Injector { get; }

    public TestPump Answer { get; }

    public TestStage Split { get; }

    public TestStage Left { get; }

    public TestStage Right { get; }

    public TestStage Tail { get; }

    public TestSink LeftSink { get; } = new("left_sink");

    public TestSink TailSink { get; } = new("tail_sink");

    public StageGraphSpec<TestBurst> Spec { get; }

    /// <summary>The same on two shards: left and its sink have one of their own.</summary>
    public StageGraphSpec<TestBurst> SpecOnTwoShards => Spec with
    {
        Stages = [.. Spec.Stages.Select(s => s with { Shard = s.Name is "left" or "left_sink" ? 1 : 0 })],
    };

    public void Feed(int bursts, int from = 0)
    {
        for (int i = from; i < from + bursts; i++)
        {
            Requests.Ring((uint)(1 + (i % 7)));
            if (i % 2 == 0)
            {
                Direct.Ring((uint)(1 + (i % 5)));
            }
        }
    }

    /// <summary>Everything fed has arrived: bursts in order per source, items to the last one, each burst let go.</summary>
    public void AssertAllArrived(int bursts)
    {
        int[] sizes = [.. Enumerable.Range(0, bursts).Select(i => 1 + (i % 7))];
        Assert.Equal(Enumerable.Range(0, bursts).Where(i => i % 3 != 0), LeftSink.Arrived.Select(b => b.Sequence));
        Assert.Equal(sizes.Where((_, i) => i % 3 != 0).Sum(), LeftSink.Items);
        IEnumerable<TestBurst> answers = TailSink.Arrived.Where(b => b.Producer == 2);
        IEnumerable<TestBurst> direct = TailSink.Arrived.Where(b => b.Producer == 1);
        Assert.Equal(sizes.Where((_, i) => i % 3 == 0), answers.Select(b => b.Count));
        Assert.Equal(Enumerable.Range(0, (bursts + 1) / 2), direct.Select(b => b.Sequence));
        Assert.All(LeftSink.Arrived.Concat(TailSink.Arrived), b => Assert.Equal(0, b.Holders));
    }

    private static void PassSplit(IStageContext<TestBurst> context, TestBurst burst) =>
        context.Emit(burst.Sequence % 3 == 0 ? 1 : 0, burst);

    private StageGraphSpec<TestBurst> Describe(HopPolicy hop, int capacity) =>
        new StageGraphBuilder<TestBurst>("sample", hop.ToString(), hop)
        .Source("source", () => Source)
        .Stage(new StageSpec<TestBurst> { Name = "split", Factory = () => Split, Outputs = ["low", "high"], Capacity = capacity })
        .Stage(new StageSpec<TestBurst> { Name = "left", Factory = () => Left, Capacity = capacity })
        .Stage(new StageSpec<TestBurst> { Name = "right", Factory = () => Right, Outputs = [], Capacity = capacity })
        .Sink("left_sink", () => LeftSink)
        .Source("injector", () => Injector)
        .Source("answer", () => Answer)
        .Stage(new StageSpec<TestBurst> { Name = "tail", Factory = () => Tail, Inputs = ["answers", "direct"], Capacity = capacity })
        .Sink("tail_sink", () => TailSink)
        .Edge("source", "split")
        .Edge("split", "left", "low")
        .Edge("split", "right", "high")
        .Edge("left", "left_sink")
        .Edge("answer", "tail", toPort: "answers")
        .Edge("injector", "tail", toPort: "direct")
        .Edge("tail", "tail_sink")
        .Doorbell(null, "source", Requests)
        .Doorbell(null, "injector", Direct)
        .Doorbell("right", "answer", Owed)
        .ToSpec();
}
