using System.Text.Json;
using System.Text.Json.Serialization;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests;

/// <summary>The figures of a scenario, as they are recorded.</summary>
internal sealed record LoadReport
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter() },
    };

    public required string Scenario { get; init; }

    public int QueuePairs { get; init; }

    public double Seconds { get; set; }

    public long Operations { get; set; }

    public long Bytes { get; set; }

    /// <summary>Messages acknowledged to their sender that did not arrive, and what arrived or was read and is not what was sent.</summary>
    public long DataLost { get; set; }

    /// <summary>Work requests that never completed.</summary>
    public long Stuck { get; set; }

    /// <summary>Areas of memory that nobody may write to and somebody did.</summary>
    public long BrokenGuards { get; set; }

    /// <summary>Completions with an error, by status.</summary>
    public SortedDictionary<string, long> Errors { get; } = [];

    /// <summary>Packets dropped by reason, both devices.</summary>
    public SortedDictionary<string, long> Drops { get; } = [];

    public long Packets { get; set; }

    public long Retransmissions { get; set; }

    /// <summary>Datagrams for which a socket buffer had no room.</summary>
    public long KernelDrops { get; set; }

    /// <summary>Of the managed heap and of the process, between the first tenth and the end.</summary>
    public long? HeapGrowthBytes { get; set; }

    public long? WorkingSetGrowthBytes { get; set; }

    /// <summary>What else the scenario measured.</summary>
    public SortedDictionary<string, long> Other { get; } = [];

    /// <summary>Whether everything that was to be 0 is.</summary>
    [JsonIgnore]
    public bool IsClean => DataLost == 0 && Stuck == 0 && BrokenGuards == 0;

    /// <summary>Adds what a side counted.</summary>
    public void Add(LoadSide side)
    {
        var figures = side.Figures;
        Operations += figures.Operations;
        Bytes += figures.Bytes;
        DataLost += figures.Mismatches;
        BrokenGuards += side.BrokenGuards;
        foreach (var (status, count) in figures.Errors)
            Errors[status.ToString()] = Errors.GetValueOrDefault(status.ToString()) + count;
    }

    /// <summary>Adds the messages whose sender knows them delivered and whose receiver does not have them.</summary>
    public void AddLost(LoadFigures sender, LoadFigures receiver) =>
        DataLost += Math.Max(0, sender.MessagesSent - receiver.MessagesReceived);

    /// <summary>Adds what a device counted in its life, while it is open.</summary>
    public void Add(RdmaDevice device)
    {
        var pipeline = device.GetPipeline();
        Packets += pipeline.BackendCounters.Sent.Packets;
        Retransmissions += pipeline.HardwareCounters["completer_retry_err"];
        foreach (var (reason, count) in pipeline.DroppedPackets.Where(drop => drop.Value != 0))
            Drops[reason] = Drops.GetValueOrDefault(reason) + count;
        KernelDrops += pipeline.BackendCounters.Dropped(DropReason.QueueFull);
    }

    public override string ToString() => JsonSerializer.Serialize(this, s_json);
}
