using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace RdmaPipeline.Hosting.Configuration;

/// <summary>Reads what a device is opened by. What only code can say is no option here.</summary>
internal static class DeviceSection
{
    private const string Top = nameof(QueuePairMetrics.TopK) + ":";

    public static void Read(IConfiguration section, RdmaDeviceSettings settings)
    {
        var reader = new SectionReader(section, settings.Errors);
        var device = settings.Device;
        settings.Uri = reader.Text(nameof(settings.Uri), settings.Uri);
        settings.Device = device with
        {
            Preset = reader.Choice(nameof(device.Preset), device.Preset),
            Driver = reader.OptionalChoice(nameof(device.Driver), device.Driver),
            ShardCount = reader.Value(nameof(device.ShardCount), device.ShardCount),
            WindowBytes = reader.Value(nameof(device.WindowBytes), device.WindowBytes),
            AckPolicy = reader.Choice(nameof(device.AckPolicy), device.AckPolicy),
            ReceiveModeration = reader.Value(nameof(device.ReceiveModeration), device.ReceiveModeration),
            AckRequestInterval = reader.Value(nameof(device.AckRequestInterval), device.AckRequestInterval),
            Retry7IsInfinite = reader.Value(nameof(device.Retry7IsInfinite), device.Retry7IsInfinite),
            EdgeCapacity = reader.Value(nameof(device.EdgeCapacity), device.EdgeCapacity),
            PacketsPerTurn = reader.Value(nameof(device.PacketsPerTurn), device.PacketsPerTurn),
            MaxQueuePairs = reader.Value(nameof(device.MaxQueuePairs), device.MaxQueuePairs),
            PkeyTableLength = reader.Value(nameof(device.PkeyTableLength), device.PkeyTableLength),
            ManagementAgents = reader.Value(nameof(device.ManagementAgents), device.ManagementAgents),
            LinkWatchPeriod = reader.Value(nameof(device.LinkWatchPeriod), device.LinkWatchPeriod),
            QueuePairMetrics = reader.Read(
                nameof(device.QueuePairMetrics), device.QueuePairMetrics, ReadMetrics,
                $"None, ByTransport, ByPeer, All, or {Top}1 to {Top}{QueuePairMetrics.WarningLimit}"),
            Traces = Read(reader.Within(nameof(device.Traces)), device.Traces),
        };
        reader.RefuseOthers();
    }

    private static TracingOptions Read(SectionReader reader, TracingOptions traces)
    {
        traces = traces with
        {
            SampleInterval = reader.Value(nameof(traces.SampleInterval), traces.SampleInterval),
            MaxPerSecond = reader.Value(nameof(traces.MaxPerSecond), traces.MaxPerSecond),
            ResponderIsChild = reader.Value(nameof(traces.ResponderIsChild), traces.ResponderIsChild),
        };
        reader.RefuseOthers();
        return traces;
    }

    private static QueuePairMetrics? ReadMetrics(string text) => text switch
    {
        nameof(QueuePairMetrics.None) => QueuePairMetrics.None,
        nameof(QueuePairMetrics.ByTransport) => QueuePairMetrics.ByTransport,
        nameof(QueuePairMetrics.ByPeer) => QueuePairMetrics.ByPeer,
        nameof(QueuePairMetrics.All) => QueuePairMetrics.All,
        _ => text.StartsWith(Top, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(Top.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is >= 1 and <= QueuePairMetrics.WarningLimit
            ? QueuePairMetrics.TopK(count)
            : null,
    };
}
