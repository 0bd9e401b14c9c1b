using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// Which messages are traced: a hash of the connection and of the message's number, which both ends know, so both choose the same ones and
/// nothing has to be said on the wire. A rarer sampler chooses a part of what a more frequent one does.
/// </summary>
/// <remarks>
/// Each message has a rank between 0 and 2^32, evenly spread, and is chosen when that is below a threshold. Messages are numbered in blocks
/// of 32, and the lowest 32nd of all ranks goes to one message of each: so for a sampler that chooses one in 32 or less, a single hash
/// tells what becomes of a whole block.
/// </remarks>
internal static class MessageSampler
{
    private const ulong ConnectionFactor = 0x9E37_79B9_7F4A_7C15;
    private const ulong SequenceFactor = 0xD1B5_4A32_D192_ED03;
    private const ulong Finish = 0xFF51_AFD7_ED55_8CCD;
    private const int BlockBits = 5;
    private const int BlockLength = 1 << BlockBits;
    private const ulong LowRanks = 1UL << (32 - BlockBits);
    private const int LongestLook = 8 * BlockLength;

    // Where each message needs a hash of its own.
    private const int LongestSearch = 32;

    /// <summary>The threshold that one message in so many stays below.</summary>
    /// <param name="oneIn">0 for none, 1 for all.</param>
    public static ulong ThresholdOf(int oneIn) => oneIn == 0 ? 0 : (1UL << 32) / (uint)oneIn;

    /// <summary>The threshold that a part of all messages stays below.</summary>
    /// <param name="ratio">The part, above 0 to 1; the least is one in 2^32.</param>
    public static ulong ThresholdOfRatio(double ratio) => Math.Max(1, (ulong)(ratio * (1UL << 32)));

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
        var block = HashOfBlock(connection, sequence);
        if (PlaceInBlock(sequence) == Favourite(block)) return RankOfFavourite(block) < threshold;
        if (threshold <= LowRanks) return false;
        return LowRanks + (((Hash(connection, ~sequence) >> 32) * (BlockLength - 1)) >> BlockBits) < threshold;
    }

    /// <summary>How many messages in a row are not chosen, as far as it looks.</summary>
    /// <param name="connection">What <see cref="Connection"/> gives.</param>
    /// <param name="first">The number of the first.</param>
    /// <param name="threshold">What <see cref="ThresholdOf"/> gives.</param>
    public static int CountOthers(ulong connection, uint first, ulong threshold)
    {
        var count = 0;
        if (threshold > LowRanks)
        {
            while (count < LongestSearch && !Takes(connection, SequenceNumber.Add(first, count), threshold)) count++;
            return count;
        }

        while (count < LongestLook)
        {
            var sequence = SequenceNumber.Add(first, count);
            var block = HashOfBlock(connection, sequence);
            var ahead = Favourite(block) - PlaceInBlock(sequence);
            if (ahead >= 0 && RankOfFavourite(block) < threshold) return count + ahead;
            count += BlockLength - PlaceInBlock(sequence);
        }

        return count;
    }

    private static int PlaceInBlock(uint sequence) => (int)(sequence & (BlockLength - 1));

    private static ulong HashOfBlock(ulong connection, uint sequence) => Hash(connection, sequence >> BlockBits);

    private static int Favourite(ulong block) => (int)(block >> 32) & (BlockLength - 1);

    private static ulong RankOfFavourite(ulong block) => block >> (32 + BlockBits);

    private static ulong Hash(ulong connection, uint number)
    {
        var hash = (connection * ConnectionFactor) + (number * SequenceFactor);
        return (hash ^ (hash >> 32)) * Finish;
    }
}
