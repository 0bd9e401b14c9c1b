namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>An input that fails, and how.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Input">The smallest input found that fails so.</param>
/// <param name="Failure">What it throws.</param>
internal sealed record FuzzFinding(string Target, byte[] Input, Exception Failure)
{
    /// <summary>
    /// What two inputs have in common that show the same fault: the words of a broken promise without its numbers, or the exception and
    /// where it was thrown.
    /// </summary>
    public static string SignatureOf(Exception failure)
    {
        if (failure is FuzzFailureException) return new string([.. failure.Message.Where(c => !char.IsAsciiHexDigit(c))]);
        var frame = failure.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("RdmaPipeline", StringComparison.Ordinal));
        return $"{failure.GetType().Name} {frame?.Trim().Split(" in ")[0]}";
    }

    /// <summary>The failure and the line that replays it.</summary>
    public override string ToString() =>
        $"{Target}: {Failure}\nreplay: dotnet run -c Release --project tests/Fuzz -- replay {Target} {Convert.ToHexStringLower(Input)}";
}
