using Microsoft.Extensions.Logging;

namespace RdmaPipeline.Hosting.Lifetime;

/// <summary>The lines a service logs; their numbers are a promise. 1 to 9: devices, 10 to 19: what went wrong, 20 to 29: control.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Device {Name} is open: {Uri}, {Device}")]
    public static partial void DeviceOpened(this ILogger logger, string name, string uri, string device);

    [LoggerMessage(2, LogLevel.Error, "Device {Name} cannot be opened: {Uri}")]
    public static partial void DeviceNotOpened(this ILogger logger, string name, string uri, Exception fault);

    [LoggerMessage(3, LogLevel.Debug, "Device {Name} is closing, {PendingSends} sends are not done")]
    public static partial void DeviceDraining(this ILogger logger, string name, long pendingSends);

    [LoggerMessage(4, LogLevel.Warning, "Device {Name} closes with {PendingSends} sends not done in {DrainTimeout}")]
    public static partial void DeviceNotDrained(this ILogger logger, string name, long pendingSends, TimeSpan drainTimeout);

    [LoggerMessage(5, LogLevel.Information, "Device {Name} is closed")]
    public static partial void DeviceClosed(this ILogger logger, string name);

    [LoggerMessage(6, LogLevel.Warning, "Device {Name}: {Text}")]
    public static partial void DeviceWarned(this ILogger logger, string name, string text);

    [LoggerMessage(10, LogLevel.Warning, "Device {Device} dropped {Count} packets: {Reason}")]
    public static partial void PacketsDropped(this ILogger logger, string device, long count, string reason);

    [LoggerMessage(11, LogLevel.Critical, "Stage {Stage} of device {Device} has failed; the device can only be closed")]
    public static partial void StageFaulted(this ILogger logger, string device, string stage);

    [LoggerMessage(12, LogLevel.Warning, "Stage {Stage} of device {Device} is blocked for more than {Threshold:P0} of the time")]
    public static partial void StageBlocked(this ILogger logger, string device, string stage, double threshold);

    [LoggerMessage(13, LogLevel.Error, "{Count} queue pairs of device {Device} have failed, {QueuePair} among them")]
    public static partial void QueuePairsFailed(this ILogger logger, string device, long count, string queuePair);

    [LoggerMessage(14, LogLevel.Error, "The port of device {Device} is {State}")]
    public static partial void PortDown(this ILogger logger, string device, string state);

    [LoggerMessage(15, LogLevel.Information, "The port of device {Device} is {State} again")]
    public static partial void PortUp(this ILogger logger, string device, string state);

    [LoggerMessage(20, LogLevel.Information, "rdmapipe of the same user may look into this process: {Path}")]
    public static partial void ControlOpened(this ILogger logger, string path);

    [LoggerMessage(21, LogLevel.Warning, "There is no control socket: {Reason}")]
    public static partial void ControlNotOpened(this ILogger logger, string reason);
}
