using System.Net;
using RdmaPipeline.Graph;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>One way of building two devices that can reach each other: what the whole suite runs over.</summary>
public sealed class DeviceSetup : IXunitSerializable
{
    public DeviceSetup()
    {
    }

    public DeviceSetup(string medium, PipelinePreset preset, ShardDriverKind? driver = null, int shards = 1)
    {
        Medium = medium;
        Preset = preset;
        Driver = driver;
        Shards = shards;
    }

    /// <summary>
    /// "mem", "mem-offload" (no ICRC), "mem6" (IPv6), "mem-self" (a device that talks to itself), "ib" (native InfiniBand), "ib-self",
    /// "udp4", "udp4-self", "udp4-moderated" (a look at the medium every 50 µs), "udp6" or, in a namespace pair, "udp6-cable" (both to
    /// themselves).
    /// </summary>
    public string Medium { get; private set; } = "mem";

    /// <summary>Whether the link is native InfiniBand.</summary>
    public bool IsNative => Medium.StartsWith("ib", StringComparison.Ordinal);

    public PipelinePreset Preset { get; private set; }

    public ShardDriverKind? Driver { get; private set; }

    public int Shards { get; private set; } = 1;

    /// <summary>Every preset over every back-end, the other drivers, and several shards.</summary>
    public static IReadOnlyList<DeviceSetup> Every =>
    [
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Queued),
        new("mem", PipelinePreset.Fused),
        new("mem", PipelinePreset.Polling),
        new("mem", PipelinePreset.Simulated),
        new("mem", PipelinePreset.Staged, ShardDriverKind.Dedicated),
        new("mem", PipelinePreset.Staged, shards: 4),
        new("mem-offload", PipelinePreset.Staged),
        new("mem6", PipelinePreset.Staged),
        new("mem-self", PipelinePreset.Staged),
        new("ib", PipelinePreset.Staged),
        new("ib", PipelinePreset.Queued),
        new("ib", PipelinePreset.Fused),
        new("ib", PipelinePreset.Simulated),
        new("ib", PipelinePreset.Staged, shards: 2),
        new("ib-self", PipelinePreset.Staged),
        new("udp4-self", PipelinePreset.Staged),
        new("udp4", PipelinePreset.Staged),
        new("udp4-moderated", PipelinePreset.Staged),
        new("udp4", PipelinePreset.Queued),
        new("udp4", PipelinePreset.Fused),
        new("udp4", PipelinePreset.Polling),
        new("udp4", PipelinePreset.Staged, shards: 2),
        new("udp6", PipelinePreset.Staged),
        new("udp6", PipelinePreset.Queued),
        new("udp6", PipelinePreset.Fused),
    ];

    /// <summary>All of them, as the cases of a theory.</summary>
    public static TheoryData<DeviceSetup> All => [.. Every];

    /// <summary>Those in which threads of their own move the packets, so that a test may wait without driving.</summary>
    public static TheoryData<DeviceSetup> Threaded => [.. Every.Where(setup => setup.Preset != PipelinePreset.Simulated)];

    /// <summary>One setup of each kind, for what does not depend on the combination.</summary>
    public static TheoryData<DeviceSetup> Few =>
    [
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Queued),
        new("ib", PipelinePreset.Staged),
        new("udp4", PipelinePreset.Staged),
    ];

    /// <summary>Every preset in memory and one over sockets: two devices each, for what has many cases.</summary>
    public static IReadOnlyList<DeviceSetup> EveryPreset =>
    [
        .. Enum.GetValues<PipelinePreset>().Select(preset => new DeviceSetup("mem", preset)),
        new("udp4", PipelinePreset.Staged),
    ];

    public DeviceOptions Options => new()
    {
        Preset = Preset,
        Driver = Driver,
        ShardCount = Shards,
        ReceiveModeration = TimeSpan.FromMicroseconds(Medium == "udp4-moderated" ? 50 : 0),
    };

    /// <summary>Two addresses; the same twice where the medium has only one, so that a device talks to itself.</summary>
    public (string First, string Second) Addresses()
    {
        if (Medium is "udp6" or "udp6-cable")
        {
            string own = $"udp://[{(Medium == "udp6" ? IPAddress.IPv6Loopback : IPAddress.Parse("fd77::1"))}]:{FreePorts.Next()}";
            return (own, own);
        }
        if (Medium == "udp4-self")
        {
            string own = $"udp://{FreePorts.LoopbackAddress(2)}:{FreePorts.Next()}";
            return (own, own);
        }
        if (Medium is "udp4" or "udp4-moderated")
        {
            string port = $":{FreePorts.Next()}";
            return ($"udp://{FreePorts.LoopbackAddress(0)}{port}", $"udp://{FreePorts.LoopbackAddress(1)}{port}");
        }
        string fabric = $"fabric-{Guid.NewGuid():n}";
        string query = Medium == "mem-offload" ? "?icrc=off" : "?icrc=on";
        if (IsNative)
            query = "?link=ib&lmc=1";
        if (Medium == "mem6")
            return ($"mem://{fabric}/a?address=fd00::1", $"mem://{fabric}/b?address=fd00::2");
        if (Medium is "mem-self" or "ib-self")
            return ($"mem://{fabric}/a{query}", $"mem://{fabric}/a{query}");
        return ($"mem://{fabric}/a{query}", $"mem://{fabric}/b{query}");
    }

    public void Deserialize(IXunitSerializationInfo info)
    {
        Medium = info.GetValue<string>(nameof(Medium));
        Preset = (PipelinePreset)info.GetValue<int>(nameof(Preset));
        int driver = info.GetValue<int>(nameof(Driver));
        Driver = driver < 0 ? null : (ShardDriverKind)driver;
        Shards = info.GetValue<int>(nameof(Shards));
    }

    public void Serialize(IXunitSerializationInfo info)
    {
        info.AddValue(nameof(Medium), Medium);
        info.AddValue(nameof(Preset), (int)Preset);
        info.AddValue(nameof(Driver), Driver is { } driver ? (int)driver : -1);
        info.AddValue(nameof(Shards), Shards);
    }

    public override string ToString() =>
        $"{Medium} {Preset}{(Driver is { } driver ? $" {driver}" : "")}{(Shards > 1 ? $" {Shards} shards" : "")}";
}
