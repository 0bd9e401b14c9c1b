using Microsoft.Extensions.Configuration;

namespace RdmaPipeline.Hosting.Configuration;

/// <summary>Reads what holds for all devices.</summary>
internal static class PipelineSection
{
    /// <summary>The name of the section that has a section for each device.</summary>
    public const string Devices = "Devices";

    public static void Read(IConfiguration section, RdmaPipelineOptions options)
    {
        var reader = new SectionReader(section, options.Errors);
        options.DrainTimeout = reader.Value(nameof(options.DrainTimeout), options.DrainTimeout);
        options.MonitorPeriod = reader.Value(nameof(options.MonitorPeriod), options.MonitorPeriod);
        options.BlockedThreshold = reader.Value(nameof(options.BlockedThreshold), options.BlockedThreshold);
        options.Control = reader.Optional(nameof(options.Control), options.Control);
        reader.RefuseOthers(Devices);
    }
}
