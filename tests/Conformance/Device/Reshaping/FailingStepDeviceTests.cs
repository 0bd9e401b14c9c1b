using System.Collections.Concurrent;
using System.Diagnostics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Reshaping;

/// <summary>
/// Each step of a change of a device fails in turn while packets flow: the device goes on as it was, nothing is lost or reordered, and the
/// list of revisions, the span and the exception say in words what has failed.
/// </summary>
[Collection(DeviceCollection.Name)]
public class FailingStepDeviceTests
{
    private static readonly QueuePairType[] Services =
        [QueuePairType.ReliableConnection, QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram];

    public static TheoryData<DeviceSetup> Setups =>
    [
        new("mem", PipelinePreset.Simulated),
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Fused),
        new("mem", PipelinePreset.Staged, ShardDriverKind.Dedicated, shards: 2),
        new("udp4", PipelinePreset.Staged),
    ];

    [Theory] // Each time that each step is taken it fails once, until the change is applied.
    [MemberData(nameof(Setups))]
    public async Task WhicheverStepFailsTheDeviceGoesOnAsItWas(DeviceSetup setup)
    {
        var fault = new StepFault();
        using var pair = new DevicePair(setup, seams: new DeviceSeams { Stepping = fault.Take });
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        using var spans = new ReconfigurationSpans(pair.A.Name);
        var pipeline = pair.A.GetPipeline();
        foreach (var step in Enum.GetValues<EditStep>())
        {
            for (int time = 1; ; time++)
            {
                var before = pipeline.Spec;
                fault.Arm(step, time);
                var change = pipeline.ReconfigureAsync(Change);
                Complete(pair, load, change, $"{step}, time {time}");
                if (change.IsCompletedSuccessfully)
                {
                    Assert.True(time > 1 || (step == EditStep.Pause && setup.Preset == PipelinePreset.Fused), $"{step} was never taken.");
                    break;
                }
                var error = await Assert.ThrowsAsync<StageGraphException>(() => change);
                Assert.EndsWith(": a failure made up", Assert.Single(error.Errors), StringComparison.Ordinal);
                AssertAsItWas(pipeline, before, step, error, await spans.NextAsync());
            }
            Assert.Equal("applied", (await spans.NextAsync()).GetTagItem(AttributeNames.ReconfigurationOutcome));
            fault.Arm(step, time: 0);
            Complete(pair, load, pipeline.RollbackAsync(), $"back after {step}");
            await spans.NextAsync();
        }
        AssertNothingLost(pair, load);
    }

    public static TheoryData<DeviceSetup, string, string> Moments
    {
        get
        {
            var data = new TheoryData<DeviceSetup, string, string>();
            foreach (var setup in Setups)
            {
                data.Add(setup, "made", "The factory of stage 'bad' failed: no memory");
                data.Add(setup, "gives", "Stage 'state' could not give its state to the one that was to take its place: no memory");
                data.Add(setup, "attached", "Stage 'bad' could not be attached: no memory");
                data.Add(setup, "takes", "Stage 'state' could not take over the state: no memory");
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task WhatAStageThrowsIsToldWithItsName(DeviceSetup setup, string moment, string words)
    {
        using var pair = new DevicePair(setup);
        using var load = new TwoWayLoad(pair.A, pair.B, Services);
        var pipeline = pair.A.GetPipeline();
        var first = pipeline.ReconfigureAsync(spec => spec.Insert(
            "state", () => new FailingStage(moment == "gives" ? "gives" : ""), StageNames.Decode));
        Complete(pair, load, first, "the stage with a state put in");
        await first;
        var change = pipeline.ReconfigureAsync(spec => (moment is "gives" or "takes"
            ? spec.Replace("state", () => new FailingStage(moment == "takes" ? "takes" : ""))
            : spec.Insert("bad", () => new FailingStage(moment), StageNames.Encode)).Resize(StageNames.Dispatch, 9));
        Complete(pair, load, change, moment);
        var error = await Assert.ThrowsAsync<StageGraphException>(() => change);
        Assert.Equal(words, Assert.Single(error.Errors));
        Assert.IsType<IOException>(error.InnerException);
        Assert.Equal((2, error.Message), (pipeline.Describe().Revision, pipeline.Revisions[^1].Error));
        AssertNothingLost(pair, load);
    }

    // A stage that fails with a burst in hand is another matter: nobody knows what it has done with it. The device ends, by name.
    [Theory]
    [MemberData(nameof(Setups))]
    public async Task AStageThatFailsWithItsFirstBurstEndsTheDeviceInWordsAndNobodyWaitsForEver(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var load = new TwoWayLoad(pair.A, pair.B, QueuePairType.UnreliableDatagram);
        var pipeline = pair.A.GetPipeline();
        var change = pipeline.ReconfigureAsync(spec => spec.Insert("bad", () => new FailingStage("works"), StageNames.Decode));
        pair.Until(() =>
        {
            load.Pump(post: !pipeline.HasFailed);
            return change.IsCompleted && pipeline.HasFailed && load.IsSent;
        }, "the device failed, every work request ended");
        Assert.Equal(ReconfigurationOutcome.Applied, (await change).Outcome);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => pipeline.RollbackAsync());
        Assert.EndsWith("has faulted in 'bad': no memory", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, pipeline.Describe().Stages.Single(stage => stage.Name == "bad").Faults);
    }

    // Something at every kind of place: a stage put in, one replaced, an edge resized.
    private static StageGraphSpec<PacketBurst> Change(StageGraphSpec<PacketBurst> spec)
    {
        var encode = spec.Find(StageNames.Encode)!;
        return spec.Insert("new", () => new PassingStage("new"), StageNames.Decode)
            .Replace(encode.Name, () => encode.Factory()).Resize(StageNames.Dispatch, 9);
    }

    private static void Complete(DevicePair pair, TwoWayLoad load, Task change, string what)
    {
        long before = load.Figures.Delivered;
        pair.Until(() => load.Pump(post: true) && change.IsCompleted && load.Figures.Delivered > before + 50, what);
    }

    private static void AssertAsItWas(
        DevicePipeline pipeline, StageGraphSpec<PacketBurst> before, EditStep step, StageGraphException error, Activity span)
    {
        Assert.Equal(before, pipeline.Spec);
        var graph = pipeline.Describe();
        Assert.Equal(before.Stages.Select(stage => stage.Name), graph.Stages.Select(stage => stage.Name));
        Assert.Equal(before.Edges.Select(edge => (edge.From, edge.To, edge.Capacity)), graph.Edges.Select(e => (e.From, e.To, e.Capacity)));
        var attempt = pipeline.Revisions[^1];
        Assert.Equal(step == EditStep.Build ? ReconfigurationOutcome.Rejected : ReconfigurationOutcome.RolledBack, attempt.Outcome);
        Assert.Equal((error.Message, graph.Revision), (attempt.Error, attempt.Previous));
        Assert.Equal(attempt.Number, span.GetTagItem(AttributeNames.GraphRevisionNew));
        Assert.Equal((ActivityStatusCode.Error, error.Message), (span.Status, span.StatusDescription));
    }

    private static void AssertNothingLost(DevicePair pair, TwoWayLoad load)
    {
        ReshapedPair.AssertDelivered(pair, load);
        Assert.Equal(0, pair.A.GetPipeline().DroppedPackets.Values.Sum());
    }

    private sealed class StepFault
    {
        private EditStep _step;
        private int _left;

        public void Arm(EditStep step, int time) => (_step, _left) = (step, time);

        public void Take(EditStep step)
        {
            if (step == _step && Interlocked.Decrement(ref _left) == 0)
                throw new IOException("a failure made up");
        }
    }

    private sealed class FailingStage(string moment) : PacketStage, IStatefulStage
    {
        private readonly bool _made = moment != "made" ? true : throw Failure;

        private static IOException Failure => new("no memory");

        public override void Attach(IStageContext<PacketBurst> context)
        {
            if (moment == "attached")
                throw Failure;
            base.Attach(context);
        }

        public object? SaveState() => moment == "gives" ? throw Failure : _made;

        public void RestoreState(object? state)
        {
            if (moment == "takes")
                throw Failure;
        }

        protected override void Process(ref PacketBurst burst)
        {
            if (moment != "works")
                return;
            burst.Release();
            throw Failure;
        }
    }

    /// <summary>The spans of one device's changes, in turn.</summary>
    private sealed class ReconfigurationSpans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly SemaphoreSlim _count = new(0);
        private readonly ActivityListener _listener;

        public ReconfigurationSpans(string device)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Name == SpanNames.GraphReconfigure
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
                ActivityStopped = span =>
                {
                    if (Equals(span.GetTagItem(AttributeNames.DeviceName), device))
                    {
                        _ended.Enqueue(span);
                        _count.Release();
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public async Task<Activity> NextAsync()
        {
            Assert.True(await _count.WaitAsync(TimeSpan.FromMinutes(1)), "no span");
            return _ended.TryDequeue(out var span) ? span : throw new InvalidOperationException("counted and not there");
        }

        public void Dispose()
        {
            _listener.Dispose();
            _count.Dispose();
        }
    }
}
