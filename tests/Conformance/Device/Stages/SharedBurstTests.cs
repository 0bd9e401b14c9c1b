using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>
/// A burst that an onlooker holds looks the same until he lets it go, wherever in the graph he was shown it: no stage changes in place what
/// somebody else may be reading.
/// </summary>
[Collection(DeviceCollection.Name)]
public class SharedBurstTests
{
    private const int Size = 20_000;
    private const int Rounds = 12;

    public static TheoryData<DeviceSetup> Setups =>
    [
        .. Enum.GetValues<PipelinePreset>().Select(preset => new DeviceSetup("mem", preset)),
        new("mem", PipelinePreset.Staged, shards: 2),
        new("ib", PipelinePreset.Staged),
        new("udp4", PipelinePreset.Staged),
        new("udp6", PipelinePreset.Staged),
    ];

    [Theory]
    [MemberData(nameof(Setups))]
    public void WhatAnOnlookerHoldsStaysAsItWas(DeviceSetup setup)
    {
        var onlookers = new List<HoldingOnlooker>();
        List<string> changes;
        using (var pair = new DevicePair(setup, setup.Options with { Graph = spec => ShareEveryEdge(spec, onlookers) }))
        {
            Play(pair);
            pair.Until(() => pair.A.GetPipeline().CheckLaws().Count + pair.B.GetPipeline().CheckLaws().Count == 0, "rest");
            changes = [.. onlookers.SelectMany(onlooker => onlooker.Changes())];
        }
        Assert.Equal([], changes);
        Assert.All(onlookers.Take(1), onlooker => Assert.NotEqual(0, onlooker.Seen));
    }

    private static StageGraphSpec<PacketBurst> ShareEveryEdge(StageGraphSpec<PacketBurst> spec, List<HoldingOnlooker> onlookers)
    {
        foreach (var edge in spec.Edges)
        {
            var onlooker = new HoldingOnlooker($"{edge.From}.{edge.Port}");
            onlookers.Add(onlooker);
            string name = $"sharing_{edge.From}_{edge.Port}";
            spec = spec.InsertAfter(
                edge.From, new StageSpec<PacketBurst> { Name = name, Factory = () => new SharingStage(name, onlooker) }, edge.Port);
        }
        return spec;
    }

    // Requests and responses of several queue pairs share bursts, and datagrams to nobody are dropped out of theirs.
    private static void Play(DevicePair pair)
    {
        var connections = Enumerable.Range(0, 4).Select(_ => pair.Connect()).ToArray();
        var datagrams = pair.Datagrams(pair.DomainA, pair.QueueA);
        using var way = DevicePair.Way(pair.DomainA, pair.B);
        using var left = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var right = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (var (a, b) in connections)
            {
                a.PostSend([Operation(SendOpcode.RdmaWrite, left, right), Operation(SendOpcode.RdmaRead, left, right)]);
                b.PostSend([Operation(SendOpcode.RdmaWrite, right, left), Operation(SendOpcode.RdmaRead, right, left)]);
            }
            datagrams.PostSend([.. Enumerable.Range(0, 4).Select(_ => new SendWorkRequest
            {
                Opcode = SendOpcode.Send, Address = way, RemoteQueuePair = 5, Entry = left.Entry(0, 64),
            })]);
            for (int i = 0; i < 2 * connections.Length; i++)
                Assert.Equal(WorkCompletionStatus.Success, pair.Next(pair.QueueB).Status);
            for (int i = 0; i < (2 * connections.Length) + 4; i++)
                Assert.Equal(WorkCompletionStatus.Success, pair.Next(pair.QueueA).Status);
        }
    }

    private static SendWorkRequest Operation(SendOpcode opcode, MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = opcode, Flags = SendFlags.Signaled, Entry = local.Entry(), RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
    };
}
