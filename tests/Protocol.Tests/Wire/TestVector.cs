using System.Text.Json;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>One packet of vectors.json with what it must decode to.</summary>
public sealed record TestVector(
    string Id, string Title, string Icrc, string? Vcrc, int Length, string Frame, IReadOnlyDictionary<string, JsonElement> Fields)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    public static IReadOnlyList<TestVector> All { get; } = JsonSerializer.Deserialize<List<TestVector>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Wire", "vectors.json")), Options)!;

    public byte[] Bytes => Convert.FromHexString(Frame);

    public bool IsNative => Vcrc is not null;

    public static TestVector Of(string id) => All.Single(v => v.Id == id);

    public override string ToString() => $"{Id} {Title}";
}
