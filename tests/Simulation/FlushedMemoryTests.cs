using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// A flushed work request gives its memory back (R-REQ-52, R-CQ-23): packets that were built of it and have not left carry what was there
/// before, or they do not leave. The swarm found it by seed 2: a message arrived whole with bytes that nobody had sent.
/// </summary>
public sealed class FlushedMemoryTests
{
    private const int Length = 60 * 1024;
    private const byte Scribble = 0xEE;

    [Theory]
    [InlineData(PipelinePreset.Simulated)]
    [InlineData(PipelinePreset.Staged)]
    public void WhatIsWrittenAfterAFlushNeverArrives(PipelinePreset preset)
    {
        int arrived = 0;
        for (int steps = 0; steps < 40; steps++)
        {
            int bytes = ArrivedAfterFlush(steps, preset);
            arrived += bytes is > 0 and < Length ? 1 : 0;
        }

        // Otherwise no flush came in time to meet packets on their way.
        Assert.InRange(arrived, 1, 40);
    }

    private static int ArrivedAfterFlush(int steps, PipelinePreset preset)
    {
        var host = new FabricHostOptions { Preset = preset, Device = new DeviceOptions { EdgeCapacity = 2, PacketsPerTurn = 2 } };
        var connect = FabricScene.Options with { PathMtu = PathMtu.Mtu256 };
        using var scene = new FabricScene(seed: (ulong)steps + 1, host: host, connect: connect);
        scene.A.Write(scene.B, Length);
        for (int i = 0; i < steps; i++)
            scene.Fabric.Step();
        scene.A.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.A.Memory.AsSpan(0, Length).Fill(Scribble);
        scene.Fabric.RunUntilQuiet();
        var found = scene.B.Memory.AsSpan(0, Length);
        var sent = new byte[Length];
        PatternGenerator.Fill(sent, seed: 1);
        int arrived = found.CommonPrefixLength(sent);
        // Requests are executed in order, so behind the first byte that did not come nothing came.
        int stray = found[arrived..].IndexOfAnyExcept((byte)0);
        Assert.True(stray < 0, $"after {steps} steps: {arrived} bytes of {Length} arrived, and something else {stray} bytes behind them");
        return arrived;
    }
}
