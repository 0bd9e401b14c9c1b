using OpenTelemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>An exporter whose first call does not come back until it is let go.</summary>
internal sealed class HungExporter<T> : BaseExporter<T>
    where T : class
{
    /// <summary>It turns a data path that waits for the exporter into a failure.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ManualResetEventSlim _called = new();
    private readonly ManualResetEventSlim _free = new();
    private volatile bool _isHanging;
    private long _taken;

    /// <summary>It has been called and has not come back.</summary>
    public bool IsHanging => _isHanging;

    /// <summary>What it was given.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Waits for the first call.</summary>
    public void WaitForTheFirst() => Assert.True(_called.Wait(s_patience), "nothing is exported");

    /// <summary>The first call comes back, and so do all others at once.</summary>
    public void LetGo() => _free.Set();

    public override ExportResult Export(in Batch<T> batch)
    {
        foreach (var item in batch)
            Interlocked.Increment(ref _taken);
        _isHanging = true;
        _called.Set();
        bool isFree = _free.Wait(s_patience);
        // Who waited for it has failed by now, and need not do so call by call.
        _free.Set();
        _isHanging = false;
        return isFree ? ExportResult.Success : ExportResult.Failure;
    }

    protected override void Dispose(bool disposing)
    {
        // Whoever is in it comes out first.
        _free.Set();
        base.Dispose(disposing);
    }
}
