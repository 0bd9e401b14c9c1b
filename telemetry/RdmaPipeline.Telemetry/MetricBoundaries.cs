using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// The buckets of the histograms. Without them a collector's defaults, made for milliseconds, would hold everything in one.
/// </summary>
internal static class MetricBoundaries
{
    /// <summary>Of what happens inside the process: 1 µs to 1 s.</summary>
    public static ImmutableArray<double> Local { get; } =
        [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 5e-2, 0.1, 1];

    /// <summary>Of what waits for the peer: 5 µs to a minute, for the retry timers reach minutes.</summary>
    public static ImmutableArray<double> Remote { get; } =
    [
        5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ];

    /// <summary>Of what is counted: powers of two.</summary>
    public static ImmutableArray<double> Count { get; } = [1, 2, 4, 8, 16, 32, 64, 128, 256];
}
