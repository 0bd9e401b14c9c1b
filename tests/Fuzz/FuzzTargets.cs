using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Frames;
using RdmaPipeline.FuzzTests.Graphs;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.FuzzTests.Verbs;

namespace RdmaPipeline.FuzzTests;

/// <summary>What can be fuzzed.</summary>
internal static class FuzzTargets
{
    public static IFuzzTarget Make(string name) => name switch
    {
        "frames" => new FrameTarget(),
        "machines" => new MachineTarget(),
        "graphs" => new GraphTarget(),
        "verbs" => new VerbsTarget(),
        _ => throw new ArgumentException($"There is no target '{name}'.", nameof(name)),
    };
}
