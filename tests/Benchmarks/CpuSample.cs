namespace RdmaPipeline.Benchmarks;

/// <summary>What one run cost.</summary>
/// <param name="NanosecondsPerPacket">Processor time of the whole process for each packet sent, by either end.</param>
/// <param name="BytesPerPacket">Bytes allocated for it.</param>
internal readonly record struct CpuSample(double NanosecondsPerPacket, double BytesPerPacket)
{
    /// <summary>Runs a case once.</summary>
    public static CpuSample Take(IBenchmarkCase contender, TimeSpan duration)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Environment.CpuUsage.TotalTime;
        var sample = contender.Run(duration);
        var used = Environment.CpuUsage.TotalTime - before;
        return new CpuSample(used.TotalNanoseconds / sample.Packets, (double)sample.AllocatedBytes / sample.Packets);
    }
}
