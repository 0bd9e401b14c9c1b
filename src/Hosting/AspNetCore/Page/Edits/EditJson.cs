using System.Text.Json.Serialization;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>How edits are read and answered as JSON, without reflection. What is not known is refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EditRequest))]
[JsonSerializable(typeof(EditChoices))]
[JsonSerializable(typeof(RevisionRow))]
[JsonSerializable(typeof(EditFault))]
internal sealed partial class EditJson : JsonSerializerContext;
