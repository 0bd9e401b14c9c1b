using System.Text;
using System.Text.Json;

namespace RdmaPipeline.Graph.Description;

/// <summary>Writes JSON by hand: no reflection, and the names are a promise to those who read it.</summary>
internal static class JsonWriter
{
    public static string Write(StageGraphDescriptor graph)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("name", graph.Name);
            json.WriteString("preset", graph.Preset);
            json.WriteNumber("revision", graph.Revision);
            json.WriteString("state", graph.State.ToString().ToLowerInvariant());
            WriteArray(json, "stages", graph.Stages, WriteStage);
            WriteArray(json, "edges", graph.Edges, WriteEdge);
            WriteArray(json, "doorbells", graph.Doorbells, WriteDoorbell);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteArray<TItem>(Utf8JsonWriter json, string name, IEnumerable<TItem> items, Action<Utf8JsonWriter, TItem> write)
    {
        json.WriteStartArray(name);
        foreach (TItem item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStage(Utf8JsonWriter json, StageDescriptor stage)
    {
        json.WriteString("name", stage.Name);
        json.WriteString("type", stage.Type);
        json.WriteNumber("shard", stage.Shard);
        json.WriteString("hop", stage.Hop.ToString().ToLowerInvariant());
        WriteCounts(json, "consumed", stage.ConsumedItems, stage.ConsumedBursts);
        WriteCounts(json, "produced", stage.ProducedItems, stage.ProducedBursts);
        json.WriteNumber("created", stage.CreatedItems);
        json.WriteNumber("ended", stage.EndedItems);
        json.WriteNumber("dropped", stage.DroppedItems);
        json.WriteStartObject("drops");
        foreach ((string reason, long items) in stage.Drops)
        {
            json.WriteNumber(reason, items);
        }

        json.WriteEndObject();
        json.WriteNumber("faults", stage.Faults);
        json.WriteNumber("busySeconds", stage.BusySeconds);
        json.WriteNumber("blockedSeconds", stage.BlockedSeconds);
        json.WriteStartArray("burstSizes");
        foreach (long bursts in stage.BurstSizes)
        {
            json.WriteNumberValue(bursts);
        }

        json.WriteEndArray();
    }

    private static void WriteEdge(Utf8JsonWriter json, EdgeDescriptor edge)
    {
        json.WriteString("from", edge.From);
        json.WriteString("port", edge.Port);
        json.WriteString("to", edge.To);
        json.WriteString("toPort", edge.ToPort);
        json.WriteNumber("capacity", edge.Capacity);
        WriteCounts(json, "produced", edge.ProducedItems, edge.ProducedBursts);
        WriteCounts(json, "consumed", edge.ConsumedItems, edge.ConsumedBursts);
        WriteCounts(json, "queued", edge.QueuedItems, edge.QueuedBursts);
        json.WriteNumber("refusedOffers", edge.RefusedOffers);
        json.WriteNumber("dropped", edge.DroppedItems);
        json.WriteBoolean("gateClosed", edge.IsClosed);
        json.WriteNumber("itemsPerSecond", edge.ItemsPerSecond);
    }

    private static void WriteDoorbell(Utf8JsonWriter json, DoorbellDescriptor bell)
    {
        json.WriteString("from", bell.From);
        json.WriteString("to", bell.To);
        json.WriteNumber("capacity", bell.Capacity);
        json.WriteNumber("queued", bell.Queued);
        json.WriteNumber("rung", bell.Rung);
        json.WriteNumber("refused", bell.Refused);
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, long items, long bursts)
    {
        json.WriteStartObject(name);
        json.WriteNumber("items", items);
        json.WriteNumber("bursts", bursts);
        json.WriteEndObject();
    }
}
