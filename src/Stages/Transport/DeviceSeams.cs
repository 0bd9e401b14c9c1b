using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Protocol;

namespace RdmaPipeline.Transport;

/// <summary>What a simulation puts in place of what a device would make for itself; null leaves it to the device.</summary>
internal sealed record DeviceSeams
{
    /// <summary>The world whose shards the device's become.</summary>
    public SeededShards? World { get; init; }

    /// <summary>How the queue pair machines behave; limits of the device are filled in.</summary>
    public QueuePairOptions? Machine { get; init; }

    /// <summary>The first PSN of every queue pair, 24 bits.</summary>
    public uint? InitialPsn { get; init; }

    /// <summary>The random bits that numbers of queue pairs are made of.</summary>
    public Func<uint>? Numbers { get; init; }

    /// <summary>Where those go on who waited for a completion.</summary>
    public Action<IThreadPoolWorkItem>? Continuations { get; init; }

    /// <summary>Told of every packet that a stage drops.</summary>
    public IDropObserver? Drops { get; init; }

    /// <summary>Told of each step of a change of the graph when it is taken, on its shard; what it throws fails the step.</summary>
    public Action<EditStep>? Stepping { get; init; }

    /// <summary>The address of memory that is registered without one: of where it lies and its length.</summary>
    public Func<nint, ulong, ulong>? AddressOf { get; init; }
}
