using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Protocol;

/// <summary>Assertions that stay on in release builds. They guard states that no input can bring about: a failure is a bug.</summary>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantViolationException"/> when <paramref name="condition"/> does not hold.</summary>
    /// <param name="condition">What must be true.</param>
    /// <param name="broken">What it means when it is not; a constant, so that nothing is built on the data path.</param>
    public static void That([DoesNotReturnIf(false)] bool condition, string broken)
    {
        if (!condition)
            Fail(broken);
    }

    [DoesNotReturn]
    private static void Fail(string broken) => throw new InvariantViolationException(broken);
}
