using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The timer wheel against a sorted list: never early (R-REQ-38, R-REQ-42), never lost, at most a tick late.</summary>
public class TimerWheelTests
{
    private const long Tick = 4096;

    [Fact]
    public void EmptyWheelHasNoDeadline()
    {
        var wheel = new TimerWheel(0);
        Assert.Equal(TimerWheel.Never, wheel.NextDeadline);
        Assert.False(wheel.TakeDue(long.MaxValue / 4, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(262_144)]
    [InlineData(16_777_216)]
    [InlineData(1_000_000_000)]
    [InlineData(8_796_093_022_208_000)]
    public void FiresAtTheEndOfTheTickAndNotBefore(long deadline)
    {
        var wheel = new TimerWheel(0);
        var entry = new Probe();
        wheel.Arm(entry, deadline);
        long due = (deadline + Tick - 1) / Tick * Tick;
        Assert.False(wheel.TakeDue(due - 1, out _));
        Assert.InRange(wheel.NextDeadline, 1, due);
        Assert.True(wheel.TakeDue(due, out var fired));
        Assert.Same(entry, fired);
        Assert.False(entry.IsArmed);
        Assert.Equal(TimerWheel.Never, wheel.NextDeadline);
    }

    [Fact]
    public void RearmingMovesAndCancellingDisarms()
    {
        var wheel = new TimerWheel(0);
        var (moved, cancelled) = (new Probe(), new Probe());
        wheel.Arm(moved, 1_000_000);
        wheel.Arm(cancelled, 1_000_000);
        wheel.Arm(moved, 50_000);
        wheel.Cancel(cancelled);
        wheel.Cancel(cancelled);
        Assert.True(wheel.TakeDue(60_000, out var fired));
        Assert.Same(moved, fired);
        Assert.False(wheel.TakeDue(2_000_000, out _));
    }

    [Fact]
    public void ADeadlineInThePastFiresWithTheNextTick()
    {
        var wheel = new TimerWheel(1_000_000_000);
        Assert.False(wheel.TakeDue(2_000_000_000, out _));
        var late = new Probe();
        wheel.Arm(late, 5);
        Assert.InRange(wheel.NextDeadline, 2_000_000_000 - Tick, 2_000_000_000 + Tick);
        Assert.True(wheel.TakeDue(2_000_000_000 + Tick, out var fired));
        Assert.Same(late, fired);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AgreesWithASortedListOnRandomInput(int seed)
    {
        var random = new Random(seed);
        long now = random.NextInt64(1L << 45);
        var wheel = new TimerWheel(now);
        var model = new Dictionary<Probe, long>();
        var probes = Enumerable.Range(0, 200).Select(_ => new Probe()).ToArray();
        for (int step = 0; step < 20_000; step++)
        {
            var probe = probes[random.Next(probes.Length)];
            switch (random.Next(3))
            {
                case 0:
                    long deadline = now + (1L << random.Next(40)) + random.Next(5_000);
                    wheel.Arm(probe, deadline);
                    model[probe] = deadline;
                    break;
                case 1:
                    wheel.Cancel(probe);
                    model.Remove(probe);
                    break;
                default:
                    now += random.NextInt64(1L << random.Next(38));
                    Fire(wheel, model, now);
                    break;
            }
            Assert.True(model.Count == 0 || wheel.NextDeadline <= model.Values.Min() + Tick, $"seed {seed}, step {step}");
        }
    }

    private static void Fire(TimerWheel wheel, Dictionary<Probe, long> model, long now)
    {
        while (wheel.TakeDue(now, out var fired))
        {
            Assert.True(model.Remove((Probe)fired, out long deadline));
            Assert.InRange(deadline, long.MinValue, now);
        }
        // What is left is not due, or was armed inside the tick that is still running.
        Assert.DoesNotContain(model.Values, deadline => deadline <= now - Tick);
    }

    private sealed class Probe : TimerEntry;
}
