using System.Text;
using RdmaPipeline.Verbs;
using Names = RdmaPipeline.Telemetry.NodeInfinibandNames;

namespace RdmaPipeline.Hosting.NodeInfiniband;

/// <summary>The ports of devices in Prometheus' text format, under the names of its node exporter.</summary>
internal static class NodeInfinibandText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes them; each device has the one port that most adapters have.</summary>
    public static string Write(IEnumerable<RdmaDevice> devices)
    {
        var ports = devices.Select(PortLook.Of).OfType<PortLook>().ToList();
        var text = new StringBuilder();
        foreach (string metric in ports.SelectMany(port => port.Values.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            bool isCounter = metric.EndsWith("_total", StringComparison.Ordinal);
            text.Append("# HELP ").Append(Names.Prefix).Append(metric).Append(" As of an adapter's port.\n");
            text.Append("# TYPE ").Append(Names.Prefix).Append(metric).Append(isCounter ? " counter\n" : " gauge\n");
            foreach (var port in ports)
            {
                text.Append(Names.Prefix).Append(metric).Append("{device=\"").Append(Escape(port.Device)).Append("\",port=\"1\"} ")
                    .Append(port.Values[metric]).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Escape(string label) => label.Replace(@"\", @"\\").Replace("\"", "\\\"").Replace("\n", @"\n");
}
