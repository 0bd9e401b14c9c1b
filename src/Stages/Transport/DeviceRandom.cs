using System.Security.Cryptography;

namespace RdmaPipeline.Transport;

/// <summary>
/// The device's source of randomness: numbers of queue pairs, initial PSNs and memory keys. Repeatable with a seed, unpredictable without
/// one.
/// </summary>
internal sealed class DeviceRandom
{
    private readonly Lock _gate = new();
    private readonly Random? _seeded;

    public DeviceRandom(int? seed) => _seeded = seed is { } value ? new Random(value) : null;

    /// <summary>32 random bits. Any thread.</summary>
    public uint Next()
    {
        if (_seeded is null)
        {
            Span<byte> bytes = stackalloc byte[4];
            RandomNumberGenerator.Fill(bytes);
            return BitConverter.ToUInt32(bytes);
        }
        lock (_gate)
            return (uint)_seeded.NextInt64(1L << 32);
    }
}
