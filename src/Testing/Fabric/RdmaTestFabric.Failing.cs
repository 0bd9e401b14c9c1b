using System.Globalization;
using System.Text;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <content>The end: what a failure leaves behind, and what must hold when all is over.</content>
public sealed partial class RdmaTestFabric
{
    private const int LastLines = 12;

    private readonly FailureWatch _failures;
    private bool _hasFailed;
    private bool _isDisposed;

    /// <summary>The command that runs the test again with this seed.</summary>
    public string ReplayLine => Options.ReplayLine ?? ReplayCommand.For(Seed, Options.TestName ?? ReplayCommand.FindTest());

    /// <summary>
    /// Runs a scenario on a fabric of its own. Whatever comes out of it, such as an assertion that fails, becomes a
    /// <see cref="RdmaFabricException"/> with a capture and the line that replays it.
    /// </summary>
    /// <param name="options">What the fabric is made of; null for the defaults.</param>
    /// <param name="scenario">The scenario.</param>
    /// <exception cref="RdmaFabricException">It failed.</exception>
    public static void Run(RdmaTestFabricOptions? options, Action<RdmaTestFabric> scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        using var fabric = new RdmaTestFabric(options);
        try
        {
            scenario(fabric);
        }
        catch (Exception failure) when (failure is not RdmaFabricException)
        {
            throw fabric.Fail(failure.Message, failure);
        }
    }

    /// <summary>Writes the packets that are kept as a pcapng file, one interface for each node; times are virtual.</summary>
    /// <param name="path">The file; it is written over.</param>
    /// <param name="only">Only what this node has seen; null: all nodes.</param>
    public void SavePcapng(string path, FabricNode? only = null)
    {
        using var file = File.Create(path);
        FabricCapture.Write(this, file, only);
    }

    /// <summary>Makes the exception of a scenario that went wrong: leaves a capture, tells how to replay it.</summary>
    /// <param name="what">What went wrong.</param>
    /// <param name="inner">What came out of it, if anything.</param>
    /// <returns>The exception, to be thrown.</returns>
    public RdmaFabricException Fail(string what, Exception? inner = null)
    {
        _hasFailed = true;
        var capture = TryLeaveCapture(out var path, out var trouble) ? path : trouble;
        var text = new StringBuilder(what).AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"  seed {Seed}, virtual time {Now}, {Steps} steps, {Log.SentPackets} packets, log hash 0x{Log.Hash:x16}");
        text.AppendLine($"  replay:  {ReplayLine}");
        text.AppendLine($"  capture: {capture}");
        foreach (var host in _hosts)
            text.AppendLine($"  {host.Name}: {Describe(host)}");
        foreach (var entry in Log.Entries.Skip(Math.Max(0, Log.Entries.Count - LastLines)))
            text.AppendLine($"  {entry}");
        return new RdmaFabricException(text.ToString().TrimEnd(), inner, Seed, ReplayLine, path);
    }

    /// <summary>
    /// Closes the devices and checks that nothing was lost unaccounted and every burst came home. After an assertion of the test has failed
    /// it leaves a capture and tells how to replay it instead.
    /// </summary>
    /// <exception cref="RdmaFabricException">Something was lost.</exception>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        var assertion = _failures.Stop();
        if (assertion is not null && !_hasFailed)
            (Options.Output ?? Console.Error.WriteLine)(Fail(assertion.Message, assertion).Message);
        foreach (var host in _hosts)
            host.Resume();
        foreach (var host in _hosts)
            host.Device.Dispose();
        Shards.Stepped = null;
        if (_hasFailed)
            return;
        if ((_brokenLaw ?? _hosts.Select(FindBrokenLaw).FirstOrDefault(law => law is not null)) is { } broken)
            throw Fail(broken.Message, broken);
        if (_hosts.Sum(host => host.Pipeline.OutstandingBursts) is not 0 and var outstanding)
            throw Fail($"{outstanding} bursts did not come home.");
    }

    private static string Describe(FabricHost host)
    {
        var drops = host.Pipeline.DroppedPackets.Where(drop => drop.Value > 0).Select(drop => $"{drop.Key} {drop.Value}");
        var counters = host.Pipeline.BackendCounters;
        return $"sent {counters.Sent.Packets}, received {counters.Received.Packets}, "
            + $"dropped: {string.Join(", ", drops.DefaultIfEmpty("none"))}{(host.IsPaused ? ", stands still" : "")}";
    }

    private bool TryLeaveCapture(out string? path, out string trouble)
    {
        (path, trouble) = (null, "none, CaptureBytes is 0");
        if (Options.CaptureBytes == 0)
            return false;
        try
        {
            path = CaptureFile.NewPath(Options.CaptureDirectory, Seed, Options.TestName ?? ReplayCommand.FindTest());
            SavePcapng(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            trouble = $"none, {failure.Message}";
            return false;
        }
    }
}
