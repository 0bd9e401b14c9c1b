using System.Text.Json.Serialization;

namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>How snapshots are written as JSON, without reflection: names in camelCase, enumerations by name, no null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PipelineSnapshot))]
public sealed partial class SnapshotJson : JsonSerializerContext;
