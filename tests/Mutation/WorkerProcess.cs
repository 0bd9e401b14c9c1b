using System.Diagnostics;

namespace RdmaPipeline.Mutation;

/// <summary>
/// A worker as the parent sees it. It has so much processor time for an answer: a mutant that loops for ever uses it up on any machine,
/// however busy; one that waits for ever is stopped by the clock.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private Task<string?>? _pending;

    /// <summary>Starts a worker.</summary>
    /// <param name="folder">The folder with the mutated assembly.</param>
    /// <param name="active">The mutant that is active from the start, or −1.</param>
    public WorkerProcess(string folder, int active = -1)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(folder, "Mutation.dll"), Program.WorkerArgument },
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
            Environment = { [MutationSwitch.ActiveVariable] = $"{active}", ["DOTNET_TieredPGO"] = "0" },
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    /// <summary>Gives a command.</summary>
    public void Tell(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
    }

    /// <summary>The next line of the worker.</summary>
    /// <param name="budget">Processor time that it may take.</param>
    /// <returns>Null when the worker has crashed; "timeout" when it has used up its time, and was stopped.</returns>
    public string? Hear(TimeSpan budget)
    {
        _pending ??= _process.StandardOutput.ReadLineAsync();
        var (limit, begin) = (ProcessorTime() + budget, Stopwatch.GetTimestamp());
        while (!_pending.Wait(Look))
        {
            if (ProcessorTime() <= limit && Stopwatch.GetElapsedTime(begin) <= Patience) continue;
            _process.Kill(entireProcessTree: true);
            return "timeout";
        }

        var line = _pending.Result;
        _pending = null;
        return line;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private TimeSpan ProcessorTime()
    {
        try
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            return TimeSpan.Zero;
        }
    }
}
