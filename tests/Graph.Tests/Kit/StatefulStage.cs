namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>Counts what has passed, and hands the count over.</summary>
public sealed class StatefulStage(string name) : IStage<TestBurst>, IStatefulStage, IDisposable
{
    private IStageContext<TestBurst> _context = null!;

    public string Name => name;

    public IReadOnlyList<string> Outputs => ["out"];

    public int Passed { get; private set; }

    public bool IsDisposed { get; private set; }

    public Exception? FailsToSave { get; set; }

    public Exception? FailsToRestore { get; init; }

    public Exception? FailsToAttach { get; set; }

    public void Attach(IStageContext<TestBurst> context)
    {
        if (FailsToAttach is { } failure)
        {
            FailsToAttach = null;
            throw failure;
        }

        _context = context;
    }

    public void Process(TestBurst burst)
    {
        Passed++;
        _context.Emit(0, burst);
    }

    public object? SaveState() => FailsToSave is { } failure ? throw failure : Passed;

    public void RestoreState(object? state) => Passed = FailsToRestore is { } failure ? throw failure : (int)state!;

    public void Dispose() => IsDisposed = true;
}
