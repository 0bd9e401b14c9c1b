using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>The names under which reasons of a blockage appear in metrics.</summary>
public static class BlockedReasons
{
    private static readonly ImmutableArray<string> s_names = ["downstream_full", "window", "credit", "rnr_timer", "rate_limit", "fence"];

    /// <summary>How many values <see cref="BlockedReason"/> has.</summary>
    public static int Count => s_names.Length;

    /// <summary>The snake_case name of a reason.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not on the closed list.</exception>
    public static string Name(BlockedReason reason) => (int)reason < s_names.Length
        ? s_names[(int)reason]
        : throw new ArgumentOutOfRangeException(nameof(reason), reason, $"A blocked reason is 0 to {s_names.Length - 1}.");
}
