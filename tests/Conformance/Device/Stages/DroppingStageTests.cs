using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>A stage may drop packets anywhere: what is left of a burst is whole, framed anew where that is needed, and counted.</summary>
[Collection(DeviceCollection.Name)]
public class DroppingStageTests
{
    private const int Size = 300_000;
    private const int Nth = 7;

    // A retransmission that is as long as the beat would lose the same packet for ever.
    private const int Most = 12;

    public static TheoryData<DeviceSetup, string, string> Places
    {
        get
        {
            var data = new TheoryData<DeviceSetup, string, string>();
            foreach (var setup in (DeviceSetup[])[new("mem", PipelinePreset.Staged), new("mem", PipelinePreset.Queued),
                         new("ib", PipelinePreset.Staged), new("udp4", PipelinePreset.Staged), new("udp6", PipelinePreset.Staged)])
            {
                data.Add(setup, StageNames.Receive, StageNames.Decode);
                data.Add(setup, StageNames.Decode, StageNames.Dispatch);
                data.Add(setup, StageNames.Requester, StageNames.Encode);
                data.Add(setup, StageNames.Encode, StageNames.Send);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void WhatIsLeftOfABurstArrives(DeviceSetup setup, string from, string to)
    {
        using var pair = new DevicePair(setup, setup.Options with
        {
            Retry7IsInfinite = true,
            Graph = graph => graph.Insert(from, to, _ => new EveryNth(Nth, Most), "lossy"),
        });
        var (a, _) = pair.Connect(options: new ConnectOptions { Timeout = 8 });
        using var local = pair.DomainA.AllocateMemory(Size);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        Pattern.Fill(local.AsSpan(0, Size), 42);
        a.PostSend(Write(local, remote));
        pair.NextSuccess(pair.QueueA, 0);
        Assert.True(Pattern.Matches(remote.AsSpan(0, Size), 42));
        pair.Until(() => pair.A.GetPipeline().CheckLaws().Count + pair.B.GetPipeline().CheckLaws().Count == 0, "rest");
        Assert.All((RdmaDevice[])[pair.A, pair.B], device =>
        {
            var lossy = device.GetPipeline().Describe().Stages.Single(stage => stage.Name == "lossy");
            Assert.Equal(Math.Min(Most, lossy.ConsumedItems / Nth), lossy.Drops.GetValueOrDefault("injected_fault"));
            Assert.Equal(0, device.GetPipeline().DroppedPackets["icrc_mismatch"]);
            if (from != StageNames.Receive) // R-BE-30: each ICRC is that of what the kernel sends
                Assert.Equal(0, device.GetPipeline().BackendCounters.Icrc.Valid16);
        });
        Assert.NotEqual(0, DevicePair.Drops(pair.A, DropReason.InjectedFault) + DevicePair.Drops(pair.B, DropReason.InjectedFault));
    }

    // What is dropped before it is encoded no longer points into user memory: R-VERB-10 need not wait for it.
    [Theory]
    [InlineData(PipelinePreset.Staged)]
    [InlineData(PipelinePreset.Queued)]
    [InlineData(PipelinePreset.Fused)]
    public void MemoryOfDroppedBurstsCanBeGivenBack(PipelinePreset preset)
    {
        var setup = new DeviceSetup("mem", preset);
        using var pair = new DevicePair(setup, setup.Options with
        {
            Graph = graph => graph.Insert(StageNames.Requester, StageNames.Encode, _ => new EveryNth(1, int.MaxValue), "abyss"),
        });
        var queuePair = pair.Datagrams(pair.DomainA, pair.QueueA);
        using var way = DevicePair.Way(pair.DomainA, pair.B);
        for (ulong i = 0; i < 5; i++)
        {
            var local = pair.DomainA.AllocateMemory(64);
            queuePair.PostSend(new SendWorkRequest
            {
                WorkRequestId = i, Opcode = SendOpcode.Send, Address = way, RemoteQueuePair = 5, Entry = local.Entry(),
            });
            pair.NextSuccess(pair.QueueA, i);
            var deregistration = Task.Run(local.Dispose);
            pair.Until(() => deregistration.IsCompleted, "deregistration");
        }
        Assert.Equal(5, DevicePair.Drops(pair.A, DropReason.InjectedFault));
    }

    private static SendWorkRequest Write(MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = SendOpcode.RdmaWrite,
        Flags = SendFlags.Signaled,
        Entry = local.Entry(),
        RemoteAddress = remote.Address,
        RemoteKey = remote.RemoteKey,
    };

    private sealed class EveryNth(int n, int most) : FilterStage
    {
        private long _seen;

        protected override DropReason Judge(PacketBurst burst, int index) =>
            ++_seen % n == 0 && _seen / n <= most ? DropReason.InjectedFault : DropReason.None;
    }
}
