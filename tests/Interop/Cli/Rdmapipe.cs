using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary>The tool as users run it: the executable beside the tests.</summary>
public static class Rdmapipe
{
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "rdmapipe");

    /// <summary>Runs the tool to its end.</summary>
    public static CommandResult Run(params IEnumerable<string> arguments) => Command.Run(Executable, arguments, TimeSpan.FromMinutes(3));

    public static Command Start(params IEnumerable<string> arguments) => Command.Start(Executable, arguments);
}
