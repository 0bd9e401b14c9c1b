using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tracing;

namespace RdmaPipeline.Protocol.Tests.Tracing;

/// <summary>A message that will be chosen is known to be due before it comes, whatever numbers messages take.</summary>
public sealed class ForesightTests
{
    private const int Distance = 64;
    private const uint Start = 0xFF_F000;

    private static readonly ulong s_connection = MessageSampler.Connection(0x11, 0x12_3456);

    // As long as messages are: up to so many numbers each. Across the wrap of the 24 bits.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(8, 3)]
    [InlineData(64, 5)]
    [InlineData(1024, 1)]
    [InlineData(1024, 40)]
    public void EveryMessageThatIsChosenIsDueBeforeItComes(int oneIn, int longest)
    {
        var threshold = MessageSampler.ThresholdOf(oneIn);
        var foresight = new Foresight();
        foresight.Look(s_connection, SequenceNumber.Add(Start, -1), threshold, isOneOfMany: false);
        var random = new Random(5);
        var (chosen, due, messages, quiet) = (0, 0, 0, default(QuietRun));
        for (var i = 0; i < 0x8000; i += random.Next(1, longest + 1))
        {
            var sequence = SequenceNumber.Add(Start, i);
            var isChosen = MessageSampler.Takes(s_connection, sequence, threshold);
            messages++;
            if (foresight.IsDue) due++;
            if (isChosen)
            {
                chosen++;
                Assert.True(foresight.IsDue, $"message {sequence:x6} comes unforeseen");
                Assert.False(quiet.Covers(sequence));
            }

            if (quiet.Covers(sequence)) continue;
            var run = foresight.Look(s_connection, sequence, threshold, isOneOfMany: false);
            Assert.True(run >= 1);
            quiet.Begin(SequenceNumber.Add(sequence, 1), run - 1);
        }

        Assert.True(chosen > 0);
        // Nobody waits for what comes later than that.
        Assert.InRange((double)due / messages, 0, Math.Min(1, 1.3 * Distance / oneIn));
    }

    [Fact]
    public void WhatIsPassedByIsWaitedForNoLonger()
    {
        var threshold = MessageSampler.ThresholdOf(1024);
        var (foresight, chosen) = (new Foresight(), FirstChosen(0, threshold));
        foresight.Look(s_connection, SequenceNumber.Add(chosen, -2), threshold, isOneOfMany: false);
        Assert.True(foresight.IsDue);
        foresight.Look(s_connection, SequenceNumber.Add(chosen, 1), threshold, isOneOfMany: false);
        Assert.Equal(FirstChosen(chosen + 1, threshold) <= chosen + 1 + Distance, foresight.IsDue);
    }

    [Fact]
    public void ASamplerThatChoosesMoreIsAskedAnew()
    {
        var (rare, frequent) = (MessageSampler.ThresholdOf(1 << 20), MessageSampler.ThresholdOf(8));
        var foresight = new Foresight();
        foresight.Look(s_connection, 0, rare, isOneOfMany: false);
        Assert.False(foresight.IsDue);
        foresight.Look(s_connection, 1, frequent, isOneOfMany: false);
        Assert.True(foresight.IsDue);
    }

    // What is due of one sender is not forgotten for what another sends.
    [Fact]
    public void OneOfManySendersIsWaitedFor()
    {
        var threshold = MessageSampler.ThresholdOf(1024);
        var (foresight, chosen) = (new Foresight(), FirstChosen(1000, threshold));
        foresight.Look(s_connection, SequenceNumber.Add(chosen, -Distance), threshold, isOneOfMany: true);
        Assert.True(foresight.IsDue);
        var other = MessageSampler.Connection(0x99, 0x12_3456);
        var quiet = Enumerable.Range(0, 1000).Where(i => !MessageSampler.Takes(other, (uint)(i + Distance), threshold)).ToList();
        foreach (var sequence in quiet)
            Assert.Equal(1, foresight.Look(other, (uint)sequence, threshold, isOneOfMany: true));
        Assert.True(foresight.IsDue);
        foresight.Look(s_connection, chosen, threshold, isOneOfMany: true);
        Assert.Equal(FirstChosen(chosen + 1, threshold) <= chosen + Distance, foresight.IsDue);
    }

    private static uint FirstChosen(uint from, ulong threshold) =>
        Enumerable.Range((int)from, 1 << 20).Select(i => (uint)i).First(i => MessageSampler.Takes(s_connection, i, threshold));
}
