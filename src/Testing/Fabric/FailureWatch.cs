using System.Runtime.ExceptionServices;

namespace RdmaPipeline.Testing;

/// <summary>
/// Notices that an assertion of a test fails on the thread that made this: the exception of an assertion is a failure by its nature,
/// wherever it ends up. So a fabric in a plain <c>using</c> statement knows, when it is disposed of, whether its test went wrong.
/// </summary>
internal sealed class FailureWatch
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private Exception? _failure;

    public FailureWatch() => AppDomain.CurrentDomain.FirstChanceException += Notice;

    /// <summary>Ends the watch.</summary>
    /// <returns>The assertion that failed last; null when none did.</returns>
    public Exception? Stop()
    {
        AppDomain.CurrentDomain.FirstChanceException -= Notice;
        return _failure;
    }

    private void Notice(object? sender, FirstChanceExceptionEventArgs raised)
    {
        if (Environment.CurrentManagedThreadId == _thread && IsAssertion(raised.Exception.GetType()))
            _failure = raised.Exception;
    }

    // xunit, NUnit and MSTest, without a reference to any of them.
    private static bool IsAssertion(Type type) =>
        type.Namespace == "Xunit.Sdk" || type.Name is "AssertionException" or "AssertFailedException"
        || type.GetInterfaces().Any(i => i.Name == "IAssertionException");
}
