using System.Text;
using System.Text.Json;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Decode;

/// <summary>
/// Decoded packets for a machine: <c>{file, packets: [{number, nanoseconds, kind, headers: {name: {field: value}}, payloadLength, fault,
/// icrc: {bytes, ok}, vcrc: {bytes, ok}, comment, ok}], rdma, passedOver, failed}</c>. Fields of 64 bits are hexadecimal text,
/// addresses are text, other fields are numbers; what a packet does not have is null.
/// </summary>
internal static class DecodeJson
{
    public static void Write(TextWriter output, IReadOnlyList<DissectedPacket> packets, DecodeSummary summary)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("file", summary.File);
            json.WriteStartArray("packets");
            foreach (var packet in packets)
                Write(json, packet);
            json.WriteEndArray();
            json.WriteNumber("rdma", summary.Rdma);
            json.WriteNumber("passedOver", summary.PassedOver);
            json.WriteNumber("failed", summary.Failed);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    private static void Write(Utf8JsonWriter json, DissectedPacket packet)
    {
        json.WriteStartObject();
        json.WriteNumber("number", packet.Number);
        json.WriteNumber("nanoseconds", packet.Nanoseconds);
        json.WriteString("kind", packet.Kind.ToString());
        json.WriteStartObject("headers");
        foreach (var header in packet.Headers)
            Write(json, header);
        json.WriteEndObject();
        json.WriteNumber("payloadLength", packet.PayloadLength);
        json.WriteString("fault", packet.Fault == DropReason.None ? null : DropReasons.Name(packet.Fault));
        Write(json, "icrc", packet.Icrc);
        Write(json, "vcrc", packet.Vcrc);
        json.WriteString("comment", packet.Comment);
        json.WriteBoolean("ok", packet.IsGood);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DissectedHeader header)
    {
        json.WriteStartObject(header.Name);
        foreach (var field in header.Fields)
        {
            if (field.Number is { } number)
                json.WriteNumber(field.Name, number);
            else
                json.WriteString(field.Name, field.Text);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, CrcVerdict? verdict)
    {
        if (verdict is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("bytes", verdict.WireBytes);
        json.WriteBoolean("ok", verdict.IsRight);
        json.WriteEndObject();
    }
}
