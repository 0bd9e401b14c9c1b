using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>
/// Looks at the pipelines of this process from time to time. Each viewer has one of its own, so that rates are those between its own looks.
/// A look reads counters and asks nothing of the data path. One thread at a time.
/// </summary>
public sealed class PipelineObserver
{
    private static readonly DateTimeOffset s_started = Process.GetCurrentProcess().StartTime;

    private readonly IncidentLog? _incidents;
    private readonly TimeProvider _clock;
    private readonly Func<IReadOnlyList<RdmaDevice>> _devices;
    private readonly Func<RdmaDevice, string?> _serviceOf;
    private readonly string _processName;
    private Dictionary<RdmaDevice, DeviceSight> _before = [];
    private long _lookedAt;

    /// <summary>Makes an observer that has not looked yet.</summary>
    /// <param name="incidents">What went wrong lately, to be shown with each snapshot; null for nothing.</param>
    /// <param name="devices">The devices to look at; null: <see cref="RdmaPipelineDevice.OpenDevices"/>.</param>
    /// <param name="serviceOf">The name a device was registered under; null: none has one.</param>
    /// <param name="clock">What rates are measured by; null: the system's.</param>
    /// <param name="processName">
    /// What the process is called; null: what the variable OTEL_SERVICE_NAME says, or else as its entry assembly.
    /// </param>
    public PipelineObserver(
        IncidentLog? incidents = null, Func<IReadOnlyList<RdmaDevice>>? devices = null, Func<RdmaDevice, string?>? serviceOf = null,
        TimeProvider? clock = null, string? processName = null)
    {
        _incidents = incidents;
        _devices = devices ?? (static () => RdmaPipelineDevice.OpenDevices);
        _serviceOf = serviceOf ?? (static _ => null);
        _clock = clock ?? TimeProvider.System;
        _processName = processName ?? ServiceName.Default;
    }

    /// <summary>Looks: the counters of now, and the rates since the last look.</summary>
    public PipelineSnapshot Look()
    {
        long now = _clock.GetTimestamp();
        double seconds = _lookedAt == 0 ? 0 : _clock.GetElapsedTime(_lookedAt, now).TotalSeconds;
        _lookedAt = now;
        var seen = new Dictionary<RdmaDevice, DeviceSight>();
        foreach (var device in _devices())
        {
            if (TryLook(device, seconds) is { } sight)
                seen[device] = sight;
        }

        _before = seen;
        return new PipelineSnapshot(
            PipelineSnapshot.CurrentVersion, Environment.ProcessId, _processName, s_started, _clock.GetUtcNow(), seconds,
            [.. seen.Values.Select(sight => sight.Snapshot)], _incidents?.Recent ?? []);
    }

    // A device may be closed at any moment; then it is not shown.
    private DeviceSight? TryLook(RdmaDevice device, double seconds)
    {
        try
        {
            var look = new DeviceLook(device.GetPipeline(), _before.GetValueOrDefault(device), seconds);
            return look.Take(device, _serviceOf(device));
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }
}
