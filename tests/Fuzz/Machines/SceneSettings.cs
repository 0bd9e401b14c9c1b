using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>What the header of an input chooses for the whole scene.</summary>
internal sealed record SceneSettings
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = TracingAt + 1;

    private const int TracingAt = 16;
    private const uint PsnSpace = 1 << 24;

    public required QueuePairType Type { get; init; }

    public required bool SharesReceives { get; init; }

    public required ConnectOptions Connect { get; init; }

    public required QueuePairOptions Machine { get; init; }

    public required QueuePairCapabilities Capabilities { get; init; }

    public required uint InitialPsn { get; init; }

    public required int CompletionCapacity { get; init; }

    public required bool SignalAll { get; init; }

    public required bool AddressesFromZero { get; init; }

    public required int SharedReceiveLimit { get; init; }

    /// <summary>Whether packets that are due leave after each record; otherwise only when a record says so.</summary>
    public required bool SendsAtOnce { get; init; }

    public required TraceSettings Tracing { get; init; }

    public bool IsReliable => Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator;

    public bool IsDatagram => Type == QueuePairType.UnreliableDatagram;

    public bool IsExtended => Type == QueuePairType.XrcInitiator;

    public int Mtu => Connect.PathMtu!.Value.ToBytes();

    public static SceneSettings Read(ReadOnlySpan<byte> header)
    {
        var reader = new RecordReader(header[..TracingAt]);
        var (type, shared) = Services[reader.Below(Services.Length)];
        var mtu = reader.Pick(PathMtu.Mtu256, PathMtu.Mtu256, PathMtu.Mtu512, PathMtu.Mtu1024);
        var capabilities = new QueuePairCapabilities
        {
            MaxSendWorkRequests = reader.Between(1, 16), MaxReceiveWorkRequests = reader.Between(1, 16), MaxInlineData = 64,
        };
        var depth = reader.Below(8) / 2;
        var connect = new ConnectOptions
        {
            PathMtu = mtu, MaxDestinationReadAtomic = depth, MaxReadAtomic = reader.OneIn(8) ? depth + 2 : Math.Max(1, depth),
            Timeout = reader.Between(1, 8), RetryCount = reader.Below(8), RnrRetry = reader.Below(7), MinRnrTimer = reader.Below(32),
        };
        var flags = reader.Byte();
        return new SceneSettings
        {
            Type = type, SharesReceives = shared, Connect = connect, Capabilities = capabilities,
            SignalAll = (flags & 1) != 0, AddressesFromZero = (flags & 2) != 0, SendsAtOnce = (flags & 4) == 0,
            Machine = QueuePairOptions.Default with
            {
                AdvertiseUnlimitedCredits = (flags & 8) != 0, AckRequestOnEveryMessage = (flags & 16) == 0,
                AckRequestInterval = reader.Between(1, 128), RequestWindowBytes = 1 << reader.Between(15, 19), GidTableLength = 1,
            },
            InitialPsn = reader.OneIn(3) ? PsnSpace - 1 - reader.Byte() : reader.UInt16(),
            CompletionCapacity = (flags & 0xE0) == 0xE0 ? 1 + reader.Below(8) : 256,
            SharedReceiveLimit = reader.Below(4),
            Tracing = new TraceSettings(header[TracingAt]),
        };
    }

    private static readonly (QueuePairType Type, bool Shared)[] Services =
    [
        (QueuePairType.ReliableConnection, false), (QueuePairType.ReliableConnection, true),
        (QueuePairType.UnreliableConnection, false), (QueuePairType.UnreliableConnection, true),
        (QueuePairType.UnreliableDatagram, false), (QueuePairType.UnreliableDatagram, true),
        (QueuePairType.XrcInitiator, true), (QueuePairType.ReliableConnection, false),
    ];
}
