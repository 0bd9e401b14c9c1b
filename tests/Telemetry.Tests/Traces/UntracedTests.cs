using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>What is not traced costs nothing.</summary>
public sealed class UntracedTests
{
    private const int Messages = 2_000;

    [Theory]
    [InlineData("nobody-listens", false)]
    [InlineData("not-chosen", true)]
    public void AMessageThatIsNotChosenAllocatesNothing(string fabric, bool isListening)
    {
        using var log = isListening ? new SpanLog() : null;
        using var pair = new MemoryPair(fabric, new TracingOptions { SampleInterval = 1 << 30 });
        long least = long.MaxValue;
        pair.Write(Messages);
        for (int attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            pair.Write(Messages);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
        Assert.DoesNotContain(log?.All ?? [], span => span.DisplayName.StartsWith(OperationNames.Write, StringComparison.Ordinal));
    }

    [Fact]
    public void WhoBeginsToListenHearsWhatComesFromThenOn()
    {
        using var pair = new MemoryPair("listen", new TracingOptions { SampleInterval = 1 });
        pair.Write(3);
        using (var log = new SpanLog())
        {
            pair.Write(2);
            // A span ends after its completion, and that of the responder after the acknowledgement has left.
            Assert.True(log.Await(2, "write "));
            Assert.True(log.Await(2, "process "));
        }
        pair.Write(1);
        using var second = new SpanLog();
        pair.Write(1);
        Assert.True(second.Await(1, "write "));
    }

    [Fact]
    public void AListenerThatThrowsCostsItsSpansAndNothingElse()
    {
        using var pair = new MemoryPair("throwing", new TracingOptions { SampleInterval = 1 });
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName,
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) =>
                System.Diagnostics.ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = _ => throw new InvalidOperationException("started"),
            ActivityStopped = _ => throw new InvalidOperationException("stopped"),
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        pair.Write(50);
        Assert.Empty(pair.CheckLaws());
    }
}
