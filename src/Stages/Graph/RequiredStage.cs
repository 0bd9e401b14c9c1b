namespace RdmaPipeline.Graph;

/// <summary>A stage that the owner of a graph cannot do without: it keeps its name, its shard, its ports and its doorbells.</summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Shard">The shard it runs on.</param>
/// <param name="Type">What it has to be; null for any stage.</param>
internal sealed record RequiredStage(string Name, int Shard, Type? Type);
