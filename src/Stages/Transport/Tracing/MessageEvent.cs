using RdmaPipeline.Telemetry;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>Something that befell a work request: kept without an allocation until a span wants to know.</summary>
/// <param name="Name">A name of <see cref="SpanEventNames"/>.</param>
/// <param name="Nanoseconds">The device's clock.</param>
/// <param name="Request">The index of the work request.</param>
/// <param name="PacketNumber">The PSN.</param>
/// <param name="Detail">The reason, or the code.</param>
/// <param name="Wait">How long all waits, in nanoseconds; 0 for what is no wait.</param>
internal readonly record struct MessageEvent(
    string Name, long Nanoseconds, long Request, uint PacketNumber, string Detail, long Wait = 0)
{
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Puts it on a span.</summary>
    public void AddTo(MessageTrace message)
    {
        var psn = new Tag(AttributeNames.PacketPsn, (long)PacketNumber);
        if (Name == SpanEventNames.Retransmit)
        {
            message.Retransmissions++;
            message.AddEvent(Name, Nanoseconds, psn, new Tag(AttributeNames.RetransmitReason, Detail));
        }
        else if (Name == SpanEventNames.Nak)
            message.AddEvent(Name, Nanoseconds, psn, new Tag(AttributeNames.NakCode, Detail),
                new Tag(AttributeNames.IoDirection, AttributeNames.Receive));
        else
            message.AddEvent(Name, Nanoseconds, psn, new Tag(AttributeNames.NakCode, Detail),
                new Tag(AttributeNames.RnrTimer, Wait / NanosecondsPerSecond));
    }
}
