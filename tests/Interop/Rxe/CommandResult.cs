namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>What a finished command left: its exit status and both streams.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Throws with both streams unless the command succeeded.</summary>
    public CommandResult Expect(int exitCode = 0) => ExitCode == exitCode
        ? this
        : throw new InvalidOperationException($"{Command} ended with {ExitCode}, not {exitCode}\n{Output}{Error}");
}
