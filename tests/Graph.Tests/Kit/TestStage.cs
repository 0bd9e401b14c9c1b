namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A stage made of a delegate; by default it passes everything on.</summary>
public sealed class TestStage(string name, Action<IStageContext<TestBurst>, TestBurst>? process = null, params string[] outputs)
    : IStage<TestBurst>
{
    public IStageContext<TestBurst> Context { get; private set; } = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs { get; private init; } = outputs.Length == 0 ? ["out"] : outputs;

    public static TestStage Sink(string name, Action<IStageContext<TestBurst>, TestBurst> process) => new(name, process) { Outputs = [] };

    public void Attach(IStageContext<TestBurst> context) => Context = context;

    public void Process(TestBurst burst) => (process ?? PassOn)(Context, burst);

    private static void PassOn(IStageContext<TestBurst> context, TestBurst burst) => context.Emit(0, burst);
}
