using System.Diagnostics;
using System.Reflection;

namespace RdmaPipeline.Telemetry;

/// <summary>The names under which a process subscribes to RdmaPipeline: sources of spans and meters.</summary>
public static class RdmaPipelineTelemetry
{
    /// <summary>The activity source, and the meter of verbs, connections and memory.</summary>
    public const string SourceName = "RdmaPipeline";

    /// <summary>The meter of stages, edges and graphs.</summary>
    public const string PipelineMeterName = "RdmaPipeline.Pipeline";

    /// <summary>The meter of sockets, rings and devices below the graph.</summary>
    public const string BackendMeterName = "RdmaPipeline.Backend";

    /// <summary>The version of the names in <see cref="MetricNames"/> and <see cref="AttributeNames"/>.</summary>
    public const string SchemaVersion = "1.0.0";

    /// <summary>Where the names are defined, published with every span and measurement where the runtime can.</summary>
    public const string SchemaUrl = "https://rdmapipeline.example/schemas/" + SchemaVersion;

    /// <summary>The library's version as published with every span and measurement.</summary>
    public static string Version { get; } =
        typeof(RdmaPipelineTelemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>The source of all spans.</summary>
    public static ActivitySource Source { get; } = MakeSource();

#if NET10_0_OR_GREATER
    private static ActivitySource MakeSource() =>
        new(new ActivitySourceOptions(SourceName) { Version = Version, TelemetrySchemaUrl = SchemaUrl });
#else
    private static ActivitySource MakeSource() => new(SourceName, Version);
#endif
}
