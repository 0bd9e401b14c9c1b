using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// Which messages are traced: a hash of the connection and of the message's number, which both ends know, so both choose the same ones and
/// nothing has to be said on the wire. A rarer sampler chooses a part of what a more frequent one does.
/// </summary>
internal static class MessageSampler
{
    private const ulong ConnectionFactor = 0x9E37_79B9_7F4A_7C15;
    private const ulong SequenceFactor = 0xD1B5_4A32_D192_ED03;
    private const ulong Finish = 0xFF51_AFD7_ED55_8CCD;
    private const int LongestLook = 32;

    /// <summary>The threshold that one message in so many stays below.</summary>
    /// <param name="oneIn">0 for none, 1 for all.</param>
    public static ulong ThresholdOf(int oneIn) => oneIn == 0 ? 0 : (1UL << 32) / (uint)oneIn;

    /// <summary>A connection in one direction, or where messages go each their own way the way of one.</summary>
    /// <param name="source">The number of the queue pair that sends.</param>
    /// <param name="destination">The number of the queue pair that its packets name.</param>
    public static ulong Connection(uint source, uint destination) => ((ulong)source << 24) | destination;

    /// <summary>Whether a message is chosen.</summary>
    /// <param name="connection">What <see cref="Connection"/> gives.</param>
    /// <param name="sequence">The number of the message: its SSN, or its first PSN where nothing is acknowledged.</param>
    /// <param name="threshold">What <see cref="ThresholdOf"/> gives.</param>
    public static bool Takes(ulong connection, uint sequence, ulong threshold)
    {
        var hash = (connection * ConnectionFactor) + (sequence * SequenceFactor);
        hash = (hash ^ (hash >> 32)) * Finish;
        return (hash >> 32) < threshold;
    }

    /// <summary>How many messages in a row are not chosen, as far as it looks.</summary>
    /// <param name="connection">What <see cref="Connection"/> gives.</param>
    /// <param name="first">The number of the first.</param>
    /// <param name="threshold">What <see cref="ThresholdOf"/> gives.</param>
    public static int CountOthers(ulong connection, uint first, ulong threshold)
    {
        var count = 0;
        while (count < LongestLook && !Takes(connection, SequenceNumber.Add(first, count), threshold)) count++;
        return count;
    }
}
