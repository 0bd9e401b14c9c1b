using System.Numerics;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>Checks device options before anything is built; all errors at once, each with the option, its value and the limit.</summary>
internal static class DeviceOptionsValidator
{
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestWatch = TimeSpan.FromHours(1);

    /// <summary>Throws when an option is out of its range.</summary>
    /// <exception cref="ArgumentException">Names every option that is wrong.</exception>
    public static void Check(DeviceOptions options)
    {
        var errors = Errors(options);
        if (errors.Count > 0)
            throw new ArgumentException($"Device options: {string.Join("; ", errors)}", nameof(options));
    }

    /// <summary>What is wrong with options: each error names the option, its value and the limit.</summary>
    public static IReadOnlyList<string> Errors(DeviceOptions options)
    {
        var errors = new List<string>();
        Range(errors, nameof(options.ShardCount), options.ShardCount, 1, 64);
        if (options.ShardCount is >= 1 and <= 64 && !BitOperations.IsPow2(options.ShardCount))
            errors.Add($"{nameof(options.ShardCount)} is {options.ShardCount}; it must be a power of two");
        Range(errors, nameof(options.WindowBytes), options.WindowBytes, 16 * 1024, 64 * 1024 * 1024);
        Range(errors, nameof(options.AckRequestInterval), options.AckRequestInterval, 1, 128);
        Range(errors, nameof(options.EdgeCapacity), options.EdgeCapacity, 1, StageBlockOptions.MaxCapacity);
        Range(errors, nameof(options.PacketsPerTurn), options.PacketsPerTurn, 1, 4096);
        Range(errors, nameof(options.MaxQueuePairs), options.MaxQueuePairs, 1, (1 << 20) - 16);
        Range(errors, nameof(options.PkeyTableLength), options.PkeyTableLength, 1, 64);
        if (options.Traces is null)
            errors.Add($"{nameof(options.Traces)} is null; leave it out for the defaults");
        else
            CheckTraces(errors, options.Traces);
        CheckModeration(errors, options);
        CheckWatch(errors, options.LinkWatchPeriod);
        if (!Enum.IsDefined(options.Preset))
            errors.Add($"{nameof(options.Preset)} is {(int)options.Preset}; it must be one of {Names<PipelinePreset>()}");
        if (options.Driver is { } driver && !Enum.IsDefined(driver))
            errors.Add($"{nameof(options.Driver)} is {(int)driver}; it must be one of {Names<ShardDriverKind>()}");
        if (!Enum.IsDefined(options.AckPolicy))
            errors.Add($"{nameof(options.AckPolicy)} is {(int)options.AckPolicy}; it must be one of {Names<AckPolicy>()}");
        if (options.QueuePairMetrics is null)
            errors.Add($"{nameof(options.QueuePairMetrics)} is null; leave it out for none by queue pair");
        if (options.TimeProvider is null)
            errors.Add($"{nameof(options.TimeProvider)} is null; leave it out for the system's clock");
        return errors;
    }

    private static void CheckTraces(List<string> errors, TracingOptions traces)
    {
        Range(errors, $"{nameof(DeviceOptions.Traces)}.{nameof(traces.SampleInterval)}", traces.SampleInterval, 0, 1 << 30);
        Range(errors, $"{nameof(DeviceOptions.Traces)}.{nameof(traces.MaxPerSecond)}", traces.MaxPerSecond, 0, 1_000_000);
    }

    private static void CheckModeration(List<string> errors, DeviceOptions options)
    {
        double microseconds = options.ReceiveModeration.TotalMicroseconds;
        if (microseconds is < 0 or > 1000)
            errors.Add($"{nameof(options.ReceiveModeration)} is {microseconds} µs; it must lie in 0 to 1000 µs");
        if (microseconds > 0 && options.Preset == PipelinePreset.Simulated)
        {
            errors.Add(
                $"{nameof(options.ReceiveModeration)} is {microseconds} µs; the Simulated preset has no time of its own: leave it 0");
        }
    }

    private static void CheckWatch(List<string> errors, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan && (period < ShortestWatch || period > LongestWatch))
        {
            errors.Add(
                $"{nameof(DeviceOptions.LinkWatchPeriod)} is {period}; it must lie in {ShortestWatch} to {LongestWatch}, or be infinite");
        }
    }

    private static string Names<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>());

    private static void Range(List<string> errors, string name, int value, int lowest, int highest)
    {
        if (value < lowest || value > highest)
            errors.Add($"{name} is {value}; it must lie in {lowest} to {highest}");
    }
}
