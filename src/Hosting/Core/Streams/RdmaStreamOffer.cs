using System.Globalization;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>What one end of a stream tells the other, by any means, so that they can connect.</summary>
/// <param name="Endpoint">Where its queue pair is.</param>
/// <param name="Buffers">Receives it has posted: so many messages the other may send at first, 4 to 4096.</param>
/// <param name="BufferBytes">Bytes of each, 64 to 16 MiB.</param>
public sealed record RdmaStreamOffer(QueuePairEndpoint Endpoint, int Buffers, int BufferBytes)
{
    internal const int FewestBuffers = 4;
    internal const int MostBuffers = 4096;

    private const string Protocol = "rdma-stream/1";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">For example <c>rdma-stream/1 ::ffff:10.0.0.1/0x11/0x2f3a51 32 32768</c>.</param>
    /// <exception cref="FormatException">The text is no offer, or a number is out of its range.</exception>
    public static RdmaStreamOffer Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(' ');
        if (parts.Length != 4 || parts[0] != Protocol)
            throw new FormatException($"'{text}' is no offer of a stream: write {Protocol} ENDPOINT BUFFERS BYTES");
        return new RdmaStreamOffer(
            QueuePairEndpoint.Parse(parts[1]), Number("buffers", parts[2], FewestBuffers, MostBuffers),
            Number("bytes", parts[3], 64, 16 * 1024 * 1024));
    }

    /// <summary>The text form, one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Protocol} {Endpoint} {Buffers} {BufferBytes}");

    private static int Number(string name, string text, int lowest, int highest) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= lowest && value <= highest
            ? value
            : throw new FormatException($"{name} is '{text}'; it must be a number from {lowest} to {highest}");
}
