using RdmaPipeline.Testing;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>A sequence of bytes that both ends can make: who reads knows what must come at each place.</summary>
internal sealed class Traffic(ulong seed, int total)
{
    private readonly byte[] _data = Make(seed, total);

    /// <summary>Writes all of it in pieces of all sizes, some of them empty.</summary>
    public async Task WriteAsync(Stream to, int largest = 200_000)
    {
        var random = new Random((int)seed);
        for (int sent = 0; sent < total;)
        {
            int piece = random.Next(8) switch { 0 => 0, 1 => 1, 2 => random.Next(100), _ => random.Next(largest) };
            piece = Math.Min(piece, total - sent);
            await to.WriteAsync(_data.AsMemory(sent, piece));
            sent += piece;
        }
    }

    /// <summary>Reads all of it in pieces of all sizes and compares every byte.</summary>
    public async Task ReadAsync(Stream from, int largest = 200_000)
    {
        var random = new Random((int)seed + 1);
        var buffer = new byte[largest];
        for (int have = 0; have < total;)
        {
            int read = await from.ReadAsync(buffer.AsMemory(0, 1 + random.Next(largest)));
            Assert.InRange(read, 1, total - have);
            Assert.True(_data.AsSpan(have, read).SequenceEqual(buffer.AsSpan(0, read)), $"wrong data at {have} to {have + read}");
            have += read;
        }
    }

    private static byte[] Make(ulong seed, int total)
    {
        var data = new byte[total];
        PatternGenerator.Fill(data, seed);
        return data;
    }
}
