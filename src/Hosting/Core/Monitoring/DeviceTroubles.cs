using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Monitoring;

/// <summary>What makes a device that works work badly.</summary>
internal static class DeviceTroubles
{
    /// <summary>One text for each trouble; none where all is well.</summary>
    public static IEnumerable<string> Of(DeviceSnapshot device, double blockedThreshold)
    {
        string name = device.Service ?? device.Name;
        if (device.PortState != nameof(PortState.Active))
            yield return $"{name}: the port is {device.PortState}";
        foreach (var stage in device.Graph.Stages)
        {
            if (stage.BlockedFraction >= blockedThreshold)
                yield return $"{name}: stage {stage.Name} is blocked {stage.BlockedFraction:P0} of the time";
        }
    }
}
