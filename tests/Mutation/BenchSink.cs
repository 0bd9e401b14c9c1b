using Xunit.Abstractions;
using Xunit.Sdk;

namespace RdmaPipeline.Mutation;

/// <summary>Hears what the test framework tells.</summary>
/// <param name="stopAtFailure">Run no test after one that failed.</param>
/// <param name="tested">Told whenever a test has ended.</param>
internal sealed class BenchSink(bool stopAtFailure, Action? tested = null) : Xunit.LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private readonly ManualResetEventSlim _finished = new();

    /// <summary>The tests that were found.</summary>
    public List<ITestCase> Tests { get; } = [];

    /// <summary>The first test, or part of the framework, that failed.</summary>
    public string? Failed { get; private set; }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCaseDiscoveryMessage found:
                Tests.Add(found.TestCase);
                break;
            case ITestFailed failed:
                Failed ??= failed.Test.DisplayName;
                break;
            case IErrorMessage or ITestClassCleanupFailure or ITestCleanupFailure or ITestCollectionCleanupFailure:
                Failed ??= message.GetType().Name;
                break;
            case ITestCaseFinished:
                tested?.Invoke();
                break;
            case IDiscoveryCompleteMessage or ITestAssemblyFinished:
                _finished.Set();
                break;
        }

        return !stopAtFailure || Failed is null;
    }

    /// <summary>Waits for the end.</summary>
    public void Wait() => _finished.Wait();

    public void Dispose() => _finished.Dispose();
}
