using System.Diagnostics;
using System.Text.Json;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>
/// The other side in a process of its own, so that it can be killed or starved. They talk by lines: the child tells its ends, is told
/// those of its parent, says "ready", is told "go" and in the end "stop", and answers with its figures.
/// </summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static PeerProcess Start(string uri, LoadSettings settings, int timeout)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        foreach (string argument in (string[])
            [typeof(PeerProcess).Assembly.Location, "peer", uri, $"{settings.QueuePairs}", $"{settings.MaxMessage}", $"{settings.Seed}",
                $"{timeout}"])
            start.ArgumentList.Add(argument);
        return new PeerProcess(Process.Start(start)!);
    }

    /// <summary>The child: serves until it is told to stop.</summary>
    public static int Serve(IReadOnlyList<string> arguments)
    {
        var settings = new LoadSettings
        {
            QueuePairs = int.Parse(arguments[1]), MaxMessage = int.Parse(arguments[2]), Seed = ulong.Parse(arguments[3]),
        };
        using var side = new LoadSide(arguments[0], settings, isFirst: false);
        foreach (var end in side.Ends)
            Console.WriteLine(end.Self);
        side.Connect([.. side.Ends.Select(_ => LoadPeer.Parse(Console.ReadLine()!))], Connect(int.Parse(arguments[4])));
        Console.WriteLine("ready");
        _ = Console.ReadLine();
        side.Start();
        AwaitLine(side);
        LoadLoop.Drain(side);
        Console.WriteLine("idle");
        AwaitLine(side);
        while (side.Poll() > 0)
        {
            // What the parent's last messages brought.
        }
        Console.WriteLine(JsonSerializer.Serialize(side.Figures));
        return 0;
    }

    public static ConnectOptions Connect(int timeout) => new() { Timeout = timeout };

    public void ConnectTo(LoadSide side, int timeout)
    {
        var peers = side.Ends.Select(_ => LoadPeer.Parse(Read())).ToList();
        foreach (var end in side.Ends)
            Write(end.Self.ToString());
        side.Connect(peers, Connect(timeout));
        Expect("ready");
    }

    public void Go() => Write("go");

    /// <summary>Ends the load on both sides and adds to the report what did not arrive, either way.</summary>
    public void Stop(LoadSide side, LoadReport report)
    {
        side.GoesOn = false;
        Write("stop");
        var idle = Task.Run(Read);
        LoadLoop.Until(() => idle.IsCompleted && side.IsIdle, side);
        Write("figures");
        var figures = JsonSerializer.Deserialize<LoadFigures>(Read())!;
        LoadLoop.Until(() => side.Figures.MessagesReceived >= figures.MessagesSent, side);
        report.DataLost += figures.Mismatches;
        report.AddLost(figures, side.Figures);
        report.AddLost(side.Figures, figures);
        report.Other["operationsOfPeer"] = figures.Operations;
    }

    public void Kill() => _process.Kill();

    /// <summary>Takes the processor away from the child, or gives it back.</summary>
    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static void AwaitLine(LoadSide side)
    {
        var line = Task.Run(Console.ReadLine);
        LoadLoop.Until(() => line.IsCompleted, TimeSpan.MaxValue, side);
    }

    private string Read() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the peer process has ended");

    private void Write(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    private void Expect(string word)
    {
        string line = Read();
        if (line != word)
            throw new InvalidOperationException($"the peer process said '{line}' instead of '{word}'");
    }
}
