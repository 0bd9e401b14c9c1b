using Spectre.Console;

namespace RdmaPipeline.Cli.Control;

/// <summary>A console over the output of a command: colours and moving parts for a terminal, plain text for a file or a pipe.</summary>
public static class TextConsole
{
    // What is written to a file is not cut to a window that nobody looks at.
    private const int PlainWidth = 160;

    public static IAnsiConsole Create(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (Console.IsOutputRedirected) console.Profile.Width = PlainWidth;
        return console;
    }
}
