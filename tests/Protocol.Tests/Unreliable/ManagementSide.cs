using RdmaPipeline.Protocol.Datagram;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>
/// The device's own half of a special queue pair, with a service that takes what begins with a number other than 0 and answers with each
/// byte one higher.
/// </summary>
internal sealed unsafe class ManagementSide : IManagementService, IQueuePairHost
{
    public const int Length = 256;
    public const uint GeneralServices = 0x8001_0000;

    private readonly RdmaDevice _device = new(new IdleProvider());

    public ManagementSide(QueuePairType type)
    {
        var context = new QueuePairContext
        {
            Number = (uint)type, Type = type, SignalAll = false, ProtectionDomain = 0, Caps = new QueuePairCapabilities(), SendCq = null!,
            ReceiveCq = null!, SendRing = new SendQueueRing(1, 1, 0), ReceiveRing = new ReceiveQueueRing(1, 1),
        };
        var options = QueuePairOptions.Default with { GidTableLength = Gids.Length, PartitionKeyTableLength = Keys.Length };
        Machine = QueuePairMachine.CreateManagement(context, _device.MemoryRegions, this, this, options);
    }

    public ManagementMachine Machine { get; }

    /// <summary>The addresses of the port; one entry is empty.</summary>
    public Gid?[] Gids { get; } = [new Gid(1), null, Gid.Parse("10.0.0.7"), Gid.Parse("fd00::7")];

    public ushort[] Keys { get; } = [0xFFFF, 0x8005];

    /// <summary>What the service was asked about its being alone.</summary>
    public List<bool> Asked { get; } = [];

    public static Request Question(byte first, uint queuePair = 0x77, ushort key = 0xFFFF) => new(Opcode.UdSendOnly, 9)
    {
        DestinationQueuePair = 1, QueueKey = GeneralServices, SourceQueuePair = queuePair, PartitionKey = key,
        Payload = [first, .. new byte[Length - 1]],
    };

    /// <summary>A route header of IPv6 from a sender to one of the port's addresses.</summary>
    public static byte[] Ipv6(Gid source, Gid destination)
    {
        var header = new byte[40];
        (header[0], header[1], header[2], header[3], header[7]) = (0x6A, 0xB1, 0x23, 0x45, 5);
        source.Write(header.AsSpan(8));
        destination.Write(header.AsSpan(24));
        return header;
    }

    public DropReason Receive(Request question, ReadOnlySpan<byte> routeHeader, out Work work)
    {
        var bytes = question.ToBytes();
        Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var view));
        var origin = new PacketOrigin { RouteHeader = routeHeader, SourceLid = 30, ServiceLevel = 4, DestinationPathBits = 1 };
        work = Machine.ReceiveRequest(view, origin, default, out var drop);
        return drop;
    }

    public DropReason Receive(Request question) => Receive(question, default, out _);

    public bool Takes(Request question, bool isAlone)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(question.ToBytes(), out var view));
        return Machine.Takes(view, isAlone);
    }

    public SentPacket? Poll()
    {
        var writer = new PacketWriter(new byte[PacketWriter.MaxHeaderLength], new PayloadReference[4]);
        if (!Machine.PollRequest(ref writer, default)) return null;
        Assert.True(writer.IsComplete);
        var payload = new List<byte>();
        foreach (var segment in writer.Segments) payload.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        Assert.True(Bth.TryParse(writer.Header, out var bth));
        return new SentPacket(bth.Opcode, bth.Psn, bth.AckRequest, bth.Solicited, writer.Header.ToArray(), [.. payload], 1, 0);
    }

    bool IManagementService.Takes(ReadOnlySpan<byte> request, bool isAlone)
    {
        Asked.Add(isAlone);
        return request[0] != 0;
    }

    void IManagementService.Answer(ReadOnlySpan<byte> request, Span<byte> response)
    {
        for (var i = 0; i < request.Length; i++) response[i] = (byte)(request[i] + 1);
    }

    public void Raise(AsyncEventType type) => Assert.Fail($"{type}");

    public Gid? FindGid(int port, int index) => Gids[index];

    public ushort FindPkey(int port, int index) => index >= 0 && index < Keys.Length ? Keys[index] : (ushort)0;

    public int MatchPkey(int port, ushort received) => Array.FindIndex(Keys, key => PartitionKeys.Match(key, received));
}
