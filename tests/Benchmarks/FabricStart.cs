using System.Diagnostics;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>How long a test waits for its fabric: from nothing to two connected endpoints, and through minutes of virtual time.</summary>
internal static class FabricStart
{
    private const int WarmUps = 20;

    /// <summary>Measures after warm-up and prints the median and the longest.</summary>
    /// <param name="rounds">How often, at least 1.</param>
    /// <param name="output">Where to.</param>
    public static void Measure(int rounds, TextWriter output)
    {
        for (var i = 0; i < WarmUps; i++)
            Run(out _, out _);
        var starts = new double[rounds];
        var minutes = new double[rounds];
        for (var i = 0; i < rounds; i++)
            Run(out starts[i], out minutes[i]);
        Print(output, "from nothing to two connected endpoints", starts);
        Print(output, "eight retransmission timers of 17 s to the retry error", minutes);
    }

    private static void Run(out double start, out double minutes)
    {
        var began = Stopwatch.GetTimestamp();
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 1 });
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        var link = fabric.Connect(a, b);
        var queue = a.Device.CreateCompletionQueue(16);
        var (left, right) = (Open(a.Device, queue), Open(b.Device, b.Device.CreateCompletionQueue(16)));
        var patient = new ConnectOptions { Timeout = 22, RetryCount = 7 };
        left.ConnectTo(right.LocalEndpoint, patient);
        right.ConnectTo(left.LocalEndpoint, patient);
        start = Stopwatch.GetElapsedTime(began).TotalMilliseconds;

        link.Down();
        began = Stopwatch.GetTimestamp();
        left.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
        fabric.RunUntil(() => queue.Count == 1, TimeSpan.FromHours(1));
        minutes = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static QueuePair Open(RdmaDevice device, CompletionQueue queue) => device.CreateProtectionDomain().CreateQueuePair(
        new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });

    private static void Print(TextWriter output, string what, double[] milliseconds)
    {
        Array.Sort(milliseconds);
        output.WriteLine($"{what}: median {milliseconds[milliseconds.Length / 2]:F2} ms, longest {milliseconds[^1]:F2} ms");
    }
}
