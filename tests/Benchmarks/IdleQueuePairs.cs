using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>What an idle connected RC queue pair costs in memory: half of them on each of two devices in memory, all in RTS.</summary>
internal static class IdleQueuePairs
{
    private const int WarmUp = 64;

    private static readonly QueuePairCapabilities Least = new()
    {
        MaxSendWorkRequests = 1, MaxReceiveWorkRequests = 1, MaxSendEntries = 1, MaxReceiveEntries = 1, MaxInlineData = 0,
    };

    private static readonly ConnectOptions LeastDepth = new() { MaxReadAtomic = 1, MaxDestinationReadAtomic = 1 };

    /// <summary>Opens them, prints bytes per queue pair, and shows on the last pair that they are alive.</summary>
    /// <param name="count">Queue pairs, an even number.</param>
    /// <param name="output">Where to print.</param>
    public static void Measure(int count, TextWriter output)
    {
        output.WriteLine($"{"idle connected RC queue pairs",-34} {"number",8} {"heap B/QP",10} {"RSS B/QP",10} {"µs/QP",8}");
        Print(output, "least sizes, one READ", count, Least, LeastDepth);
        Print(output, "default sizes, 16 READs", count / 16, new QueuePairCapabilities(), new ConnectOptions());
    }

    private static void Print(TextWriter output, string name, int count, QueuePairCapabilities sizes, ConnectOptions options)
    {
        using var near = RdmaPipelineDevice.Open($"mem://idle-{sizes.MaxSendWorkRequests}/a");
        using var far = RdmaPipelineDevice.Open($"mem://idle-{sizes.MaxSendWorkRequests}/b");
        var ends = (Near: new IdleEnd(near, sizes), Far: new IdleEnd(far, sizes));
        Connect(ends, new QueuePair[2 * WarmUp], options);
        var queuePairs = new QueuePair[count];
        var (heap, resident) = Memory();
        var clock = Stopwatch.StartNew();
        Connect(ends, queuePairs, options);
        double microseconds = clock.Elapsed.TotalMicroseconds;
        var (heapAfter, residentAfter) = Memory();
        output.WriteLine($"{name,-34} {count,8} {(heapAfter - heap) / count,10} {(residentAfter - resident) / count,10} "
            + $"{microseconds / count,8:F1}");
        ends.Near.ShowAlive(queuePairs[^2]);
        ends.Far.ShowAlive(queuePairs[^1]);
    }

    private static void Connect((IdleEnd Near, IdleEnd Far) ends, QueuePair[] into, ConnectOptions options)
    {
        for (int i = 0; i < into.Length; i += 2)
        {
            var (a, b) = (ends.Near.Create(), ends.Far.Create());
            a.ConnectTo(b.LocalEndpoint, options);
            b.ConnectTo(a.LocalEndpoint, options);
            (into[i], into[i + 1]) = (a, b);
        }
    }

    private static (long Heap, long Resident) Memory()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        using var process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64);
    }
}
