using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace RdmaPipeline.Mutation;

/// <summary>The tests of an assembly, found once and run as often as wanted in this process.</summary>
internal sealed class TestBench : IDisposable
{
    // They take seconds each, and would take them for every mutant that survives. Without them the score can only be lower.
    private static readonly string[] LeftOut = ["RandomRequestTests.", "MessageOfTwoGibibytesIsSent", "EveryFlippedBitIsRefused"];

    private readonly XunitTestFramework _framework = new(new NullMessageSink());
    private readonly ITestFrameworkExecutor _executor;
    private readonly BenchOptions _options = new();

    public TestBench(Assembly assembly)
    {
        _executor = _framework.GetExecutor(assembly.GetName());
        using var found = new BenchSink(stopAtFailure: false);
        using var discoverer = _framework.GetDiscoverer(Reflector.Wrap(assembly));
        discoverer.Find(includeSourceInformation: false, found, _options);
        found.Wait();
        Tests =
        [
            .. found.Tests.Where(test => !LeftOut.Any(test.DisplayName.Contains))
                .OrderBy(test => test.DisplayName, StringComparer.Ordinal).ThenBy(test => test.UniqueID, StringComparer.Ordinal),
        ];
    }

    /// <summary>The tests, in the same order in every process.</summary>
    public IReadOnlyList<ITestCase> Tests { get; }

    /// <summary>Runs tests until one fails.</summary>
    /// <param name="tests">Their indices.</param>
    /// <param name="tested">Told whenever one has ended.</param>
    /// <returns>The name of the first that failed; null when none did.</returns>
    public string? Run(IEnumerable<int> tests, Action? tested = null)
    {
        using var sink = new BenchSink(stopAtFailure: true, tested);
        _executor.RunTests(tests.Select(index => Tests[index]), sink, _options);
        sink.Wait();
        return sink.Failed;
    }

    public void Dispose()
    {
        _executor.Dispose();
        _framework.Dispose();
    }
}
