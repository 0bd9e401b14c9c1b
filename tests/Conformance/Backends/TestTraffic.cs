using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Makes numbered packets with payload that depends on the number, and checks what arrives against the number alone.</summary>
internal sealed unsafe class TestTraffic
{
    public const int HeaderLength = 12;
    public const uint QueuePair = 0x123456;

    private const int PatternLength = 1 << 20;
    private const int Waits = 300;

    private readonly byte[] _pattern = GC.AllocateArray<byte>(PatternLength, pinned: true);
    private readonly Dictionary<uint, int> _lengths = [];
    private readonly PacketBurst?[] _pulled = new PacketBurst?[8];
    private uint _next;

    public TestTraffic(int seed) => new Random(seed).NextBytes(_pattern);

    /// <summary>Numbers of the packets that arrived whole, in order of arrival.</summary>
    public List<uint> Arrived { get; } = [];

    /// <summary>Packets that arrived and must be dropped: link faults or a wrong ICRC.</summary>
    public int Refused { get; private set; }

    public uint Sent => _next;

    /// <summary>The LIDs of the two ends where the medium has some.</summary>
    public (ushort Source, ushort Destination) Lids { get; init; }

    /// <summary>Leave the GIDs out: native packets without a GRH.</summary>
    public bool IsLocal { get; init; }

    public PacketBurst Build(IPacketBackend sender, UInt128 destination, params ReadOnlySpan<int> payloads)
    {
        var burst = sender.Pool.Rent();
        var path = IsLocal ? default : new FlowPath(sender.Description.Gids[^1], destination, 0, 64, 0, 0xC123);
        burst.Path = path with { SourceLid = Lids.Source, DestinationLid = Lids.Destination };
        foreach (var length in payloads)
            Append(burst, length);
        return burst;
    }

    /// <summary>A burst of equal packets; allocates nothing.</summary>
    public PacketBurst BuildEqual(IPacketBackend sender, UInt128 destination, int count, int length)
    {
        var burst = Build(sender, destination);
        for (var i = 0; i < count; i++)
            Append(burst, length);
        return burst;
    }

    public static void SendAll(IPacketBackend sender, PacketBurst burst)
    {
        sender.Codec.Encode(burst);
        SendEncoded(sender, burst);
    }

    public static void SendEncoded(IPacketBackend sender, PacketBurst burst)
    {
        var left = burst.Count - burst.SentCount;
        while ((left -= sender.Send(burst)) > 0)
            sender.WaitForTraffic(-1, orSendReady: true);
    }

    /// <summary>Receives and checks until so many packets, whole or refused, have come.</summary>
    public void Collect(IPacketBackend receiver, int packets)
    {
        var waits = 0;
        for (var seen = 0; seen < packets;)
        {
            var pulled = Pull(receiver);
            seen += pulled;
            if (pulled == 0)
            {
                if (waits++ == Waits)
                    Assert.Fail($"{seen} of {packets} packets arrived.");
                receiver.WaitForTraffic(100_000_000, orSendReady: false);
            }
        }
    }

    /// <summary>Receives and checks what is there.</summary>
    /// <returns>Packets.</returns>
    public int Pull(IPacketBackend receiver)
    {
        var seen = 0;
        var bursts = receiver.Receive(_pulled);
        for (var i = 0; i < bursts; i++)
        {
            var burst = _pulled[i]!;
            _pulled[i] = null;
            seen += burst.Count;
            receiver.Codec.Decode(burst);
            Check(burst);
            burst.Release();
        }

        return seen;
    }

    /// <summary>Makes bookkeeping ready, so that checking so many packets more allocates nothing.</summary>
    public void Reserve(int packets)
    {
        Arrived.EnsureCapacity(Arrived.Count + packets);
        _lengths.EnsureCapacity(_lengths.Count + packets);
    }

    private void Append(PacketBurst burst, int length)
    {
        var number = _next++;
        _lengths.Add(number, length);
        ref var packet = ref burst.Append();
        packet.HeaderLength = HeaderLength;
        packet.PayloadLength = length;
        packet.PadCount = (byte)(-length & 3);
        packet.SegmentStart = burst.SegmentCount;
        var header = burst.HeaderArea(burst.Count - 1);
        header[0] = 0x04;
        header[1] = (byte)(packet.PadCount << 4);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], 0xFFFF);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], QueuePair);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], number);
        if (length == 0)
            return;

        // Two segments where there is something to split: the codec has to join them.
        var start = (nint)Unsafe.AsPointer(ref _pattern[Offset(number)]);
        var first = length / 3;
        var segments = burst.FreeSegments(2);
        segments[0] = new PayloadSegment(start, first);
        segments[1] = new PayloadSegment(start + first, length - first);
        burst.SegmentCount += 2;
        packet.SegmentCount = 2;
    }

    private void Check(PacketBurst burst)
    {
        for (var i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            if (packet.Drop != 0 || packet.Icrc == IcrcStatus.Invalid)
            {
                Refused++;
                continue;
            }

            var transport = burst.Bytes(packet.TransportOffset, packet.TransportLength);
            var number = BinaryPrimitives.ReadUInt32BigEndian(transport[8..]);
            var length = _lengths[number];
            if (packet.TransportLength != HeaderLength + length + (-length & 3) + 4 || packet.DestinationQueuePair != QueuePair)
                Assert.Fail($"packet {number}: {packet.TransportLength} bytes for queue pair {packet.DestinationQueuePair:x}");
            if (!transport.Slice(HeaderLength, length).SequenceEqual(_pattern.AsSpan(Offset(number), length)))
                Assert.Fail($"packet {number}: the payload changed");
            if (transport.Slice(HeaderLength + length, -length & 3).ContainsAnyExcept((byte)0))
                Assert.Fail($"packet {number}: the pad is not zero (R-WIRE-16)");
            Arrived.Add(number);
        }
    }

    private static int Offset(uint number) => (int)(number * 131 % (PatternLength - 4096));
}
