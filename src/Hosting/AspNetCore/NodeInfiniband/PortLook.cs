using RdmaPipeline.Verbs;
using Names = RdmaPipeline.Telemetry.NodeInfinibandNames;

namespace RdmaPipeline.Hosting.NodeInfiniband;

/// <summary>The port of a device at one moment, by the names of the node exporter without their beginning.</summary>
internal sealed record PortLook(string Device, IReadOnlyDictionary<string, long> Values)
{
    /// <summary>Looks; null when the device is being closed.</summary>
    public static PortLook? Of(RdmaDevice device)
    {
        try
        {
            return new PortLook(device.Name, Read(device));
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private static Dictionary<string, long> Read(RdmaDevice device)
    {
        var pipeline = device.GetPipeline();
        var (port, medium, adapter) = (device.QueryPort(), pipeline.BackendCounters, pipeline.AdapterCounters);
        var values = Names.OfAdapter.ToDictionary(name => name.Metric, name => adapter[name.Counter]);
        values.Add(Names.DataReceived, medium.Received.Bytes);
        values.Add(Names.DataTransmitted, medium.Sent.Bytes);
        values.Add(Names.PacketsReceived, medium.Received.Packets);
        values.Add(Names.PacketsTransmitted, medium.Sent.Packets);
        values.Add(Names.LinkDowned, pipeline.HardwareCounters["link_downed"]);
        values.Add(Names.State, (long)port.State);
        values.Add(Names.PhysicalState, (long)port.PhysicalState);
        return values;
    }
}
