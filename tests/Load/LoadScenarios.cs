using RdmaPipeline.LoadTests.Scenarios;

namespace RdmaPipeline.LoadTests;

/// <summary>The scenarios by name.</summary>
internal static class LoadScenarios
{
    public static IReadOnlyDictionary<string, Func<LoadSettings, LoadReport>> All { get; } =
        new Dictionary<string, Func<LoadSettings, LoadReport>>
        {
            ["mixed"] = MixedScenario.Run,
            ["killed"] = KilledScenario.Run,
            ["overrun"] = OverrunScenario.Run,
            ["cut"] = CutScenario.Run,
            ["starved"] = StarvedScenario.Run,
            ["hostile"] = HostileScenario.Run,
        };
}
