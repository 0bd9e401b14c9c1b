using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>The file setups.json: one entry for each capture.</summary>
internal static class ReplaySetups
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(), new HexNumbers() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static IReadOnlyList<ReplaySetup> All { get; } =
        JsonSerializer.Deserialize<List<ReplaySetup>>(File.ReadAllText(ReplayFiles.Path("setups.json")), Format)!;

    public static TheoryData<string> Captures => [.. All.Select(setup => setup.Capture)];

    public static ReplaySetup Of(string capture) => All.Single(setup => setup.Capture == capture);

    /// <summary>Keys and PSNs stand there as in a decoded packet: "0x80001d2".</summary>
    private sealed class HexNumbers : JsonConverter<uint>
    {
        public override uint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            uint.Parse(reader.GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        public override void Write(Utf8JsonWriter writer, uint value, JsonSerializerOptions options) =>
            writer.WriteStringValue($"0x{value:x}");
    }
}

/// <summary>The data files of the replay beside the tests.</summary>
internal static class ReplayFiles
{
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Replay", name);
}
