using System.Diagnostics;
using System.Text;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>A running command of this machine whose two streams are kept until it ends.</summary>
public sealed class Command : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly string _text;

    private Command(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        _text = $"{Path.GetFileName(file)} {string.Join(' ', start.ArgumentList)}";
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{_text} did not start");
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _process.StandardInput.Close();
    }

    /// <summary>Whether the command has not ended yet.</summary>
    public bool Running => !_process.HasExited;

    public static Command Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        new(file, arguments, environment);

    /// <summary>Runs a command to its end.</summary>
    public static CommandResult Run(string file, IEnumerable<string> arguments, TimeSpan limit,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        using var command = Start(file, arguments, environment);
        return command.Wait(limit);
    }

    /// <summary>Awaits the end; past <paramref name="limit"/> the command is killed and what it printed is in the error.</summary>
    public CommandResult Wait(TimeSpan limit)
    {
        if (!_process.WaitForExit(limit))
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            throw new TimeoutException($"{_text} ran past {limit.TotalSeconds} s\n{Text(_output)}{Text(_error)}");
        }

        _process.WaitForExit(); // until both streams have ended, too
        return new CommandResult(_text, _process.ExitCode, Text(_output), Text(_error));
    }

    /// <summary>Ends the command where it is.</summary>
    public void Kill()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Running) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static void Keep(StringBuilder stream, string? line)
    {
        if (line is null) return;
        lock (stream) stream.AppendLine(line);
    }

    private static string Text(StringBuilder stream)
    {
        lock (stream) return stream.ToString();
    }
}
