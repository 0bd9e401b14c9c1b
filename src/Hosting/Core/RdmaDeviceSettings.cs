using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Hosting;

/// <summary>
/// What a registered device is opened by; an options class named by the device. Checked when the host starts; an error names the option,
/// its value and the limit.
/// </summary>
public sealed class RdmaDeviceSettings
{
    /// <summary>Its address, as for <see cref="RdmaPipelineDevice.Open(string, DeviceOptions?)"/>.</summary>
    public string Uri { get; set; } = "";

    /// <summary>How it is built. The options are exchanged, not changed: <c>s.Device = s.Device with { ShardCount = 2 }</c>.</summary>
    public DeviceOptions Device { get; set; } = new();

    /// <summary>What could not be read from a configuration.</summary>
    internal List<string> Errors { get; } = [];

    /// <summary>Puts a change of the graph behind those that are there.</summary>
    internal void EditGraph(Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> edit)
    {
        if (Device is null)
            return; // told by who checks the settings
        var before = Device.Graph;
        Device = Device with { Graph = spec => edit(before?.Invoke(spec) ?? spec) };
    }
}
