using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests;

/// <summary>Two hosts on one link, for a workload that a seed has drawn.</summary>
internal sealed class FabricPair : IDisposable
{
    /// <summary>5 % each of loss, duplication, reordering and corruption.</summary>
    public static readonly LinkOptions FivePercentEach = new()
    {
        Loss = 0.05, Duplication = 0.05, Reordering = 0.05, Corruption = 0.05,
    };

    /// <summary>Virtual time that no seed may need: nothing hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public FabricPair(ulong seed, LinkOptions link, WorkloadSettings settings, FaultCoverage? coverage, DeviceOptions? device = null)
    {
        Fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed, Coverage = coverage });
        var host = new FabricHostOptions
        {
            Device = device ?? new DeviceOptions(), Machine = settings.Machine, InitialPsn = settings.InitialPsn,
        };
        var (left, right) = (Fabric.AddHost("left", host), Fabric.AddHost("right", host));
        Fabric.Connect(left, right, link);
        (Left, Right) = (left.Device, right.Device);
    }

    public RdmaTestFabric Fabric { get; }

    public RdmaDevice Left { get; }

    public RdmaDevice Right { get; }

    /// <summary>Runs a workload to its end and, because what is still on the wire must do no harm, on until all is at rest.</summary>
    public void Complete(Func<bool> step, Func<string> progress, Action verify)
    {
        try
        {
            if (!Fabric.TryRunUntil(step, Limit))
                throw Fabric.Fail($"hangs: {progress()}");
            Fabric.RunUntilQuiet(Limit);
            verify();
        }
        catch (Exception failure) when (failure is not RdmaFabricException)
        {
            throw Fabric.Fail(failure.Message, failure);
        }
    }

    public void Dispose() => Fabric.Dispose();
}
