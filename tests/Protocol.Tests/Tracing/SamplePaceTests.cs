using RdmaPipeline.Protocol.Tracing;

namespace RdmaPipeline.Protocol.Tests.Tracing;

/// <summary>How many messages are chosen in a second.</summary>
public sealed class SamplePaceTests
{
    private const int Limit = 100;
    private const int OneIn = 8;
    private static readonly ulong s_connection = MessageSampler.Connection(0x11, 0x22);

    [Fact]
    public void ManyMessagesAreSampledRarerUntilFewerCome()
    {
        var pace = new SamplePace(OneIn, Limit);
        var clock = new MessageClock(pace);
        // One in 8 would be 12 500.
        var busy = Enumerable.Range(0, 10).Select(_ => clock.Second(messages: 100_000).Count).ToList();
        Assert.All(busy.Skip(1), chosen => Assert.InRange(chosen, Limit / 8, 2 * Limit));
        Assert.True(pace.Threshold < MessageSampler.ThresholdOf(OneIn));
        for (var i = 0; i < 10; i++) clock.Second(messages: 100);
        Assert.Equal(MessageSampler.ThresholdOf(OneIn), pace.Threshold);
        Assert.InRange(clock.Second(messages: 400).Count, 25, 80);
    }

    [Fact]
    public void WhatIsChosenUnderTheLimitIsAPartOfWhatIsChosenWithoutIt()
    {
        var all = new MessageClock(new SamplePace(OneIn, limit: 0)).Second(messages: 100_000);
        var few = new MessageClock(new SamplePace(OneIn, Limit)).Second(messages: 100_000);
        Assert.InRange(all.Count, 12_000, 13_000);
        Assert.Empty(few.Except(all));
    }

    [Fact]
    public void WhoWantsAllGetsAll() =>
        Assert.Equal(10_000, new MessageClock(new SamplePace(oneIn: 1, Limit)).Second(messages: 10_000).Count);

    [Fact]
    public void WhoWantsNoneGetsNone() => Assert.Empty(new MessageClock(new SamplePace(oneIn: 0, Limit)).Second(messages: 10_000));

    /// <summary>Asks the pace of messages that come evenly.</summary>
    private sealed class MessageClock(SamplePace pace)
    {
        private const long Nanoseconds = 1_000_000_000;
        private long _now;
        private uint _next;

        /// <summary>The messages chosen in the next second.</summary>
        public List<uint> Second(int messages)
        {
            var chosen = new List<uint>();
            for (var i = 0; i < messages; i++)
            {
                var now = new Instant(_now + (Nanoseconds / messages * i));
                if (MessageSampler.Takes(s_connection, ++_next, pace.ThresholdAt(now)))
                {
                    pace.Chose(now);
                    chosen.Add(_next);
                }
            }

            _now += Nanoseconds;
            return chosen;
        }
    }
}
