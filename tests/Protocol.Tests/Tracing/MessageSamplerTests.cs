using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tracing;

namespace RdmaPipeline.Protocol.Tests.Tracing;

/// <summary>Which messages are chosen, and how those are skipped that are not.</summary>
public sealed class MessageSamplerTests
{
    private const uint Start = 0xFF_F000;
    private static readonly ulong s_connection = MessageSampler.Connection(0x11, 0x12_3456);

    // Across the wrap of the 24 bits.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(32)]
    [InlineData(1024)]
    public void ARunHoldsNoMessageThatIsChosen(int oneIn)
    {
        var threshold = MessageSampler.ThresholdOf(oneIn);
        var run = default(QuietRun);
        var skipped = new List<uint>();
        var chosen = new List<uint>();
        for (var i = 0; i < 0x2000; i++)
        {
            var sequence = SequenceNumber.Add(Start, i);
            if (run.Covers(sequence)) skipped.Add(sequence);
            else if (MessageSampler.Takes(s_connection, sequence, threshold)) chosen.Add(sequence);
            else run.Begin(sequence, MessageSampler.CountOthers(s_connection, sequence, threshold));
        }

        Assert.DoesNotContain(skipped, sequence => MessageSampler.Takes(s_connection, sequence, threshold));
        var all = Enumerable.Range(0, 0x2000).Select(i => SequenceNumber.Add(Start, i));
        Assert.Equal(all.Where(sequence => MessageSampler.Takes(s_connection, sequence, threshold)), chosen);
    }

    [Fact]
    public void OfARareSampleNearlyAllIsSkipped()
    {
        var threshold = MessageSampler.ThresholdOf(1024);
        var skipped = Enumerable.Range(0, 1000).Average(i => MessageSampler.CountOthers(s_connection, (uint)(i * 1024), threshold));
        Assert.InRange(skipped, 200, 256);
    }

    [Theory]
    [InlineData(0.7)]
    [InlineData(0.4)]
    [InlineData(0.3)]
    [InlineData(0.02)]
    [InlineData(1.0)]
    public void APartIsChosenOfEveryConnection(double ratio)
    {
        for (uint destination = 1; destination <= 8; destination++)
            AssertChosen(MessageSampler.Connection(0x11, destination), MessageSampler.ThresholdOfRatio(ratio), ratio, 1 << 18);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1024)]
    public void OneInSoManyIsChosenOfEveryConnection(int oneIn)
    {
        for (uint destination = 1; destination <= 8; destination++)
            AssertChosen(MessageSampler.Connection(0x11, destination), MessageSampler.ThresholdOf(oneIn), 1.0 / oneIn, 1 << 20);
    }

    // Messages of 16 packets are numbered by every sixteenth PSN.
    [Theory]
    [InlineData(16, 8)]
    [InlineData(16, 256)]
    [InlineData(32, 256)]
    [InlineData(3, 256)]
    public void NoStepBetweenNumbersIsPreferred(int step, int oneIn) =>
        AssertChosen(s_connection, MessageSampler.ThresholdOf(oneIn), 1.0 / oneIn, 1 << 19, step);

    [Fact]
    public void ARarerSamplerChoosesAPartOfWhatAMoreFrequentOneDoes()
    {
        var sequences = Enumerable.Range(0, 1 << 16).Select(i => (uint)i).ToList();
        var wider = sequences;
        foreach (var oneIn in new[] { 1, 2, 3, 16, 32, 64, 1000, 2000 })
        {
            var threshold = MessageSampler.ThresholdOf(oneIn);
            var chosen = sequences.FindAll(sequence => MessageSampler.Takes(s_connection, sequence, threshold));
            Assert.Subset(wider.ToHashSet(), chosen.ToHashSet());
            wider = chosen;
        }
    }

    [Fact]
    public void WhatIsForgottenCoversNothing()
    {
        var run = default(QuietRun);
        Assert.False(run.Covers(0));
        run.Begin(5, 3);
        Assert.Equal([false, true, true, true, false], new uint[] { 4, 5, 6, 7, 8 }.Select(sequence => run.Covers(sequence)));
        run.Forget();
        Assert.False(run.Covers(5));
    }

    // Within four standard deviations of what a coin for each message gives that falls on this side so often.
    private static void AssertChosen(ulong connection, ulong threshold, double part, int messages, int step = 1)
    {
        var chosen = Enumerable.Range(0, messages)
            .Count(i => MessageSampler.Takes(connection, (uint)(i * step) & 0xFF_FFFF, threshold));
        var deviation = 4 * Math.Sqrt(messages * part * (1 - part));
        Assert.InRange(chosen, (messages * part) - deviation, (messages * part) + deviation);
    }
}
