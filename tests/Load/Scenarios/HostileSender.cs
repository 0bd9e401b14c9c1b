using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>
/// Sends well-formed packets with a valid ICRC and forged contents to queue pairs it has no business with: any opcode, PSN, key, address
/// and length.
/// </summary>
internal sealed unsafe class HostileSender : IDisposable
{
    private const int BthLength = 12;
    private const int MaxHeader = 64;
    private const int MaxPayload = 1024;
    private const int PacketsPerBurst = 16;

    /// <summary>Half of the packets guess at a queue pair that has just been connected with an initial PSN of 0.</summary>
    private const int LowPsns = 4;

    /// <summary>RC, UC, UD and XRC (wire.md 3): all opcodes of the services there are.</summary>
    private static readonly byte[] s_opcodes =
        [.. new[] { (0x00, 0x1E), (0x20, 0x0C), (0x64, 2), (0xA0, 0x18) }
            .SelectMany(service => Enumerable.Range(service.Item1, service.Item2)).Select(opcode => (byte)opcode)];

    private readonly IPacketBackend _backend;
    private readonly SplitMix _random;
    private readonly byte[] _payload = GC.AllocateArray<byte>(MaxPayload, pinned: true);
    private readonly uint[] _keys;
    private readonly ulong[] _addresses;

    /// <summary>Opens a socket.</summary>
    /// <param name="uri">Its address.</param>
    /// <param name="seed">Names what it sends.</param>
    /// <param name="keys">Keys that exist, which it uses besides those it makes up.</param>
    /// <param name="addresses">Addresses that exist.</param>
    public HostileSender(string uri, ulong seed, uint[] keys, ulong[] addresses)
    {
        _backend = PacketBackends.Open(uri);
        (_random, _keys, _addresses) = (new SplitMix(seed), keys, addresses);
        PatternGenerator.Fill(_payload, 0xBAD);
    }

    public long Packets { get; private set; }

    /// <summary>Sends one burst of forged packets.</summary>
    /// <param name="victim">The device's address.</param>
    /// <param name="numbers">Its queue pairs.</param>
    public void Send(Gid victim, ReadOnlySpan<uint> numbers)
    {
        var burst = _backend.Pool.Rent();
        burst.Path = new FlowPath(_backend.Description.Gids[0], victim.Value, 0, 64, 0, 0xC123);
        for (int i = 0; i < PacketsPerBurst; i++)
            Append(burst, numbers[_random.Below(numbers.Length)]);
        Packets += PacketsPerBurst;
        _backend.Codec.Encode(burst);
        for (int left = burst.Count; left > 0; left -= _backend.Send(burst))
            _backend.WaitForTraffic(1_000_000, orSendReady: true);
    }

    public void Dispose() => _backend.Dispose();

    private void Append(PacketBurst burst, uint number)
    {
        int length = _random.Below(MaxPayload);
        ref var packet = ref burst.Append();
        packet.HeaderLength = BthLength + _random.Below((MaxHeader - BthLength) / 4) * 4;
        packet.PayloadLength = length;
        packet.PadCount = (byte)(-length & 3);
        packet.SegmentStart = burst.SegmentCount;
        WriteHeader(burst.HeaderArea(burst.Count - 1)[..packet.HeaderLength], number, packet.PadCount);
        if (length == 0)
            return;
        burst.FreeSegments(1)[0] = new PayloadSegment((nint)Unsafe.AsPointer(ref _payload[0]), length);
        burst.SegmentCount++;
        packet.SegmentCount = 1;
    }

    // BTH; what follows it is, for requests with a RETH, an address that exists, a key that exists or nearly, and any length.
    private void WriteHeader(Span<byte> header, uint number, byte padCount)
    {
        for (int i = 0; i < header.Length; i++)
            header[i] = (byte)_random.Next();
        header[0] = _random.Pick(s_opcodes);
        header[1] = (byte)((header[1] & 0xC0) | padCount << 4);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], 0xFFFF);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], number);
        if (_random.Chance(50))
            BinaryPrimitives.WriteUInt32BigEndian(header[8..], (uint)_random.Below(LowPsns));
        const int reth = 16;
        if (header.Length < BthLength + reth)
            return;
        BinaryPrimitives.WriteUInt64BigEndian(header[BthLength..], _random.Pick(_addresses) + (ulong)_random.Below(1 << 16));
        BinaryPrimitives.WriteUInt32BigEndian(header[(BthLength + 8)..], _random.Pick(_keys) ^ (uint)_random.Below(2));
    }
}
