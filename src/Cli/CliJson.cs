using System.Text.Json;

namespace RdmaPipeline.Cli;

/// <summary>How every <c>--json</c> report is written: camelCase names, indented.</summary>
public static class CliJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}
