using System.Net;
using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Two devices of bare protocol machines, joined by a simulated wire in virtual time. One seed decides everything that is left to chance.
/// </summary>
public sealed class MachinePair
{
    private const string Preset = "machines";

    /// <summary>Makes a pair.</summary>
    /// <param name="seed">Decides the faults, the keys and the first PSNs.</param>
    /// <param name="faults">What the wire does, in both directions.</param>
    /// <param name="coverage">Where to count, or null.</param>
    /// <param name="frames">Memory to use again from an earlier pair, or null.</param>
    public MachinePair(ulong seed, LinkFaults faults, FaultCoverage? coverage = null, SimulatedFrames? frames = null)
    {
        var random = new SplitMix(seed);
        frames ??= new SimulatedFrames();
        LeftToRight = new SimulatedLink(Time, faults, new SplitMix(random.Next()), Preset, coverage);
        RightToLeft = new SimulatedLink(Time, faults, new SplitMix(random.Next()), Preset, coverage);
        Left = new SimulatedNode(
            Time, frames, LeftToRight.Send, Gid.FromIPAddress(IPAddress.Parse("192.0.2.1")), new SplitMix(random.Next()));
        Right = new SimulatedNode(
            Time, frames, RightToLeft.Send, Gid.FromIPAddress(IPAddress.Parse("192.0.2.2")), new SplitMix(random.Next()));
        LeftToRight.Sink = Right.Receive;
        RightToLeft.Sink = Left.Receive;
    }

    /// <summary>The time of both.</summary>
    public VirtualTimeProvider Time { get; } = new();

    /// <summary>One end.</summary>
    public SimulatedNode Left { get; }

    /// <summary>The other end.</summary>
    public SimulatedNode Right { get; }

    /// <summary>The wire from left to right.</summary>
    public SimulatedLink LeftToRight { get; }

    /// <summary>The wire from right to left.</summary>
    public SimulatedLink RightToLeft { get; }

    /// <summary>Runs until something is so.</summary>
    /// <param name="done">Asked whenever nothing can happen at the present instant any more.</param>
    /// <param name="limit">Virtual time, from the origin, beyond which to give up.</param>
    /// <returns>False when the limit was reached, or when nothing will ever happen again and it is still not so.</returns>
    public bool Run(Func<bool> done, Instant limit)
    {
        ArgumentNullException.ThrowIfNull(done);
        while (true)
        {
            while (Left.Pump() | Right.Pump())
            {
            }

            if (done()) return true;
            // The question may have been an opportunity to post.
            if (Left.Pump() | Right.Pump()) continue;
            var next = Instant.Earlier(new Instant(Time.NextEvent), Instant.Earlier(Left.NextDeadline, Right.NextDeadline));
            if (next == Instant.Never || next > limit) return false;
            Time.MoveTo(Math.Max(next.Nanoseconds, Time.Nanoseconds));
            Left.HandleDeadlines();
            Right.HandleDeadlines();
        }
    }
}
