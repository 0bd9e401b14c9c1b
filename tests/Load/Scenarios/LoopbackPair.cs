using System.Diagnostics;
using RdmaPipeline.ConformanceTests.Device;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>Two connected sides on the loopback interface, in this process.</summary>
internal sealed class LoopbackPair : IDisposable
{
    /// <summary>A timeout of 0.27 s: a busy machine is no loss.</summary>
    private static readonly ConnectOptions s_connect = new() { Timeout = 16 };

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly string _scenario;
    private readonly LoadSettings _settings;

    public LoopbackPair(string scenario, LoadSettings settings, DeviceOptions? second = null, string query = "")
    {
        (_scenario, _settings) = (scenario, settings);
        Port = FreePorts.Next();
        First = new LoadSide(Uri(1, Port), settings, isFirst: true);
        Second = new LoadSide(Uri(2, Port) + query, settings, isFirst: false, second);
        First.Connect([.. Second.Ends.Select(end => end.Self)], s_connect);
        Second.Connect([.. First.Ends.Select(end => end.Self)], s_connect);
    }

    public int Port { get; }

    public LoadSide First { get; }

    public LoadSide Second { get; }

    /// <summary>An address that belongs to this process.</summary>
    public static string Uri(int host, int port) => $"udp://{FreePorts.LoopbackAddress(host)}:{port}";

    public void Start()
    {
        First.Start();
        Second.Start();
    }

    /// <summary>Lets everything come to its end and says how it was.</summary>
    public LoadReport Finish()
    {
        var report = new LoadReport { Scenario = _scenario, QueuePairs = _settings.QueuePairs };
        report.Stuck = LoadLoop.Drain(First, Second);
        LoadLoop.Until(() => First.Figures.MessagesSent <= Second.Figures.MessagesReceived
            && Second.Figures.MessagesSent <= First.Figures.MessagesReceived, First, Second);
        report.Add(First);
        report.Add(Second);
        report.Add(First.Device);
        report.Add(Second.Device);
        report.AddLost(First.Figures, Second.Figures);
        report.AddLost(Second.Figures, First.Figures);
        report.Seconds = _watch.Elapsed.TotalSeconds;
        return report;
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }
}
