using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Reshaping;

/// <summary>What of a device may be changed, what not, and what becomes of a change when the device ends.</summary>
[Collection(DeviceCollection.Name)]
public class ReshapeDeviceTests
{
    private static readonly QueuePairType[] Services = [QueuePairType.ReliableConnection, QueuePairType.UnreliableDatagram];

    public static TheoryData<DeviceSetup> Setups =>
    [
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Fused),
        new("mem", PipelinePreset.Staged, shards: 2),
        new("udp4", PipelinePreset.Queued),
    ];

    [Theory]
    [MemberData(nameof(Setups))]
    public async Task EveryStageCanBeReplacedUnderLoad(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var pipeline = pair.A.GetPipeline();
        foreach (var stage in pipeline.Spec.Stages)
        {
            var change = pipeline.ReconfigureAsync(spec => spec.Replace(stage.Name, () => stage.Factory()));
            pair.Until(() => load.Pump(post: true) && change.IsCompleted, $"{stage.Name} replaced");
            Assert.Equal($"replace {stage.Name}", (await change).Diff);
        }
        ReshapedPair.AssertDelivered(pair, load);
        Assert.Equal(0, pipeline.DroppedPackets.Values.Sum());
    }

    [Theory] // Unreliable datagrams: what a stage kept back nobody would send again.
    [MemberData(nameof(Setups))]
    public async Task ADelayThatIsTakenOutLetsGoOfWhatItHoldsInOrder(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var load = new TwoWayLoad(pair.A, pair.B, QueuePairType.UnreliableDatagram);
        var pipeline = pair.A.GetPipeline();
        await pipeline.ReconfigureAsync(spec => spec.Insert("delay", () => new DelayStage(TimeSpan.FromHours(1)), StageNames.Decode));
        pair.Until(() =>
        {
            load.Pump(post: load.Figures.Sent < 200);
            return load.IsSent && Held() > 0 && load.Figures.Sent - load.Figures.Delivered == Held();
        }, "the delay holds what has not arrived");
        long held = Held();
        var change = pipeline.ReconfigureAsync(spec => spec.Remove("delay"));
        pair.Until(() =>
        {
            load.Pump(post: false);
            return change.IsCompleted;
        }, "the delay taken out");
        Assert.Equal(held, (await change).DrainedItems);
        ReshapedPair.AssertDelivered(pair, load);

        long Held()
        {
            var stage = pipeline.Describe().Stages.Single(s => s.Name == "delay");
            return stage.ConsumedItems - stage.ProducedItems;
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public async Task TrafficGoesOnWhileAStageThatWasTakenOutIsBeingDisposed(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var pipeline = pair.A.GetPipeline();
        var slow = new SlowlyDisposedStage();
        await pipeline.ReconfigureAsync(spec => spec.Insert("slow", () => slow, StageNames.Decode));
        var change = pipeline.ReconfigureAsync(spec => spec.Remove("slow"));
        pair.Until(() => load.Pump(post: true) && slow.IsBegun, "the disposal begun");
        long before = load.Figures.Delivered;
        pair.Until(() => load.Pump(post: true) && load.Figures.Delivered > before + 2000, "traffic while it waits");
        await pipeline.ReconfigureAsync(spec => spec.Resize(StageNames.Dispatch, 9));
        Assert.False(change.IsCompleted);
        slow.MayEnd.Set();
        Assert.Equal((3, null), ((await change).Number, (await change).DisposalError));
        ReshapedPair.AssertDelivered(pair, load);
    }

    [Fact]
    public async Task ADeviceIsClosedWhenItsStagesAreDisposed()
    {
        var a = RdmaPipelineDevice.Open($"mem://fabric-{Guid.NewGuid():n}/a");
        var pipeline = a.GetPipeline();
        SlowlyDisposedStage gone = new(), last = new();
        last.MayEnd.Set();
        await pipeline.ReconfigureAsync(spec => spec
            .Insert("gone", () => gone, StageNames.Decode).Insert("last", () => last, StageNames.Decode));
        var change = pipeline.ReconfigureAsync(spec => spec.Remove("gone"));
        var closing = Task.Run(async () =>
        {
            await gone.Begun;
            a.Dispose();
        });
        await last.Begun.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(closing.IsCompleted);
        gone.MayEnd.Set();
        await closing.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(gone.IsDisposed && last.IsDisposed);
        await change;
    }

    [Fact] // A shard without a driver would never hear of its refusal.
    public async Task ADriverThatThereIsNotIsRefusedAndTheShardKeepsItsOwn()
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged, ShardDriverKind.Dedicated));
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var pipeline = pair.A.GetPipeline();
        var error = await Assert.ThrowsAsync<StageGraphException>(
            () => pipeline.ReconfigureAsync(spec => spec.Drive(0, (ShardDriverKind)9)).WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("The driver of shard 0 is 9; it must be one of Hybrid, Dedicated, Polling, Seeded.", error.Errors);
        pair.Until(() => load.Pump(post: true) && load.Figures.Delivered > 100, "traffic");
        ReshapedPair.AssertDelivered(pair, load);
    }

    [Fact]
    public async Task WhatTheDeviceCannotDoWithoutHasToStay()
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged, shards: 2));
        var pipeline = pair.A.GetPipeline();
        var error = await Assert.ThrowsAsync<StageGraphException>(() => pipeline.ReconfigureAsync(
            spec => spec.Remove(StageNames.Decode) with { Doorbells = spec.Doorbells.RemoveAt(0), Hop = HopPolicy.Fused }));
        Assert.Contains(error.Errors, e => e.Contains("Stage 'decode' is gone", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("The doorbell that wakes 'requester' is gone", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("connects a fused shard with another one", StringComparison.Ordinal));
        error = await Assert.ThrowsAsync<StageGraphException>(
            () => pipeline.ReconfigureAsync(spec => spec.Replace(StageNames.Encode, () => new PassingStage(StageNames.Encode))));
        Assert.Contains("Stage 'encode' has to be a EncodeStage and not a PassingStage.", error.Errors);
        error = await Assert.ThrowsAsync<StageGraphException>(
            () => pipeline.ReconfigureAsync(spec => spec with { Stages = [.. spec.Stages.Select(s => s with { Shard = 1 })] }));
        Assert.Contains("Stage 'send' has moved to shard 1; it belongs to shard 0.", error.Errors);
        Assert.Equal(1, pipeline.Describe().Revision);
        Assert.Equal(4, pipeline.Revisions.Count);
    }

    [Fact]
    public async Task EveryThreadedDriverCanTakeOverFromEveryOther()
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var pipeline = pair.A.GetPipeline();
        ShardDriverKind[] kinds = [ShardDriverKind.Hybrid, ShardDriverKind.Dedicated, ShardDriverKind.Polling];
        foreach (var (from, to) in from one in kinds from other in kinds select (one, other))
        {
            await pipeline.ReconfigureAsync(spec => spec.Drive(0, from));
            await pipeline.ReconfigureAsync(spec => spec.Drive(0, to));
            Assert.Equal(to, pipeline.Spec.Drivers[0]);
            long before = load.Figures.Delivered;
            pair.Until(() => load.Pump(post: true) && load.Figures.Delivered > before + 100, $"traffic under {to}");
        }
        ReshapedPair.AssertDelivered(pair, load);
    }

    [Fact]
    public async Task ASimulatedDeviceStaysOneAndNoOtherBecomesIt()
    {
        using var simulated = new DevicePair(new DeviceSetup("mem", PipelinePreset.Simulated));
        var error = await Assert.ThrowsAsync<StageGraphException>(
            () => simulated.A.GetPipeline().ReconfigureAsync(spec => spec.WithPreset(PipelinePreset.Staged)));
        Assert.Contains("Shard 0 is Seeded and cannot become Hybrid", Assert.Single(error.Errors), StringComparison.Ordinal);
        using var staged = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        await Assert.ThrowsAsync<StageGraphException>(
            () => staged.A.GetPipeline().ReconfigureAsync(spec => spec.WithPreset(PipelinePreset.Simulated)));
    }

    [Fact] // A seeded device replays, edits and all.
    public void ASeedReplaysTheEdits()
    {
        string[] runs = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            var setup = new DeviceSetup("mem", PipelinePreset.Simulated);
            using var pair = new DevicePair(setup, setup.Options with { Seed = 11 });
            using var load = new TwoWayLoad(pair.A, pair.B, QueuePairType.UnreliableDatagram);
            var edits = new RandomGraphEdits(3);
            for (int i = 0; i < 40; i++)
            {
                var (_, edit) = edits.Begin(pair.A.GetPipeline());
                while (!edit.IsCompleted)
                    load.Pump(post: true);
            }
            ReshapedPair.AssertDelivered(pair, load);
            return $"{load.Figures} {string.Join("; ", pair.A.GetPipeline().Revisions.Select(r => (r.Diff, r.DrainedItems)))}";
        })];
        Assert.Equal(runs[0], runs[1]);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public async Task ADeviceClosedWhileItIsChangedEndsBoth(DeviceSetup setup)
    {
        for (int round = 0; round < 10; round++)
        {
            var (first, second) = setup.Addresses();
            var a = RdmaPipelineDevice.Open(first, setup.Options);
            using var b = RdmaPipelineDevice.Open(second, setup.Options);
            var pipeline = a.GetPipeline();
            using var begun = new SemaphoreSlim(0);
            var edits = Task.Run(async () =>
            {
                var random = new RandomGraphEdits((ulong)round);
                while (true)
                {
                    var (_, edit) = random.Begin(pipeline);
                    begun.Release();
                    await edit;
                }
            });
            for (int i = 0; i <= round; i++)
                await begun.WaitAsync();
            a.Dispose();
            var end = await Assert.ThrowsAsync<InvalidOperationException>(() => edits.WaitAsync(TimeSpan.FromMinutes(1)));
            Assert.Contains("is ending", end.Message, StringComparison.Ordinal);
            Assert.Empty(pipeline.CheckLaws());
            Assert.Equal(0, pipeline.OutstandingBursts);
        }
    }

    private sealed class SlowlyDisposedStage : PacketStage, IDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim MayEnd { get; } = new();

        public Task Begun => _begun.Task;

        public bool IsBegun => _begun.Task.IsCompleted;

        public bool IsDisposed { get; private set; }

        public void Dispose()
        {
            _begun.TrySetResult();
            MayEnd.Wait();
            IsDisposed = true;
        }

        protected override void Process(ref PacketBurst burst)
        {
        }
    }
}
