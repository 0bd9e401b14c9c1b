using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Devices;

/// <summary>A device as <c>rdmapipe devices --json</c> prints it.</summary>
/// <param name="Uri">What opens it.</param>
/// <param name="Attributes">What query_device tells.</param>
/// <param name="Ports">Its ports.</param>
public sealed record DeviceReport(string Uri, DeviceAttributes Attributes, IReadOnlyList<PortReport> Ports)
{
    public static DeviceReport Of(string uri, RdmaDevice device)
    {
        var attributes = device.Attributes;
        return new(uri, attributes, [.. Enumerable.Range(1, attributes.PortCount).Select(port => PortReport.Of(device, port))]);
    }
}
