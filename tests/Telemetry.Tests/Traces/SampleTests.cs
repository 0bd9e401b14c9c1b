using System.Reflection;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>The README's example runs.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task TheExampleTracesAWriteAndSaysWhyTheOtherFailed()
    {
        var before = Console.Out;
        var output = new StringWriter();
        Console.SetOut(TextWriter.Synchronized(output));
        try
        {
            var main = Assembly.Load("Tracing").EntryPoint!;
            object? end = main.Invoke(null, main.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
            Assert.Equal(0, end is Task<int> running ? await running : end);
        }
        finally
        {
            Console.SetOut(before);
        }
        string told = output.ToString();
        Assert.Contains("stage requester, ", told, StringComparison.Ordinal);
        Assert.Contains("connect 10.0.0.", told, StringComparison.Ordinal);
        Assert.Matches(@"write 10\.0\.0\.\d+, [\d.]+ µs remote_access_error in stage completer at PSN 0x[0-9a-f]{6}: the peer refused",
            told);
    }
}
