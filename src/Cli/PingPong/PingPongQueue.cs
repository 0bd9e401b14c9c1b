using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>One queue pair of an end, with the attributes of its ibv_*_pingpong but for the timeout.</summary>
public sealed class PingPongQueue : IDisposable
{
    /// <summary>The Q_Key of ibv_ud_pingpong, at both ends.</summary>
    public const uint DatagramKey = 0x1111_1111;

    // 1.07 s, where ibv_rc_pingpong has 67 ms: megabytes under way to an emulated or busy peer take longer, and are not lost.
    private const int PatientTimeout = 18;

    private readonly PingPongOptions _options;
    private readonly ProtectionDomain _domain;
    private readonly QueuePair _queuePair;
    private readonly ConnectOptions _connecting;
    private AddressHandle? _address;
    private uint _peer;

    /// <summary>Makes the queue pair, whose source address is the GID <paramref name="gidIndex"/> of its device.</summary>
    public PingPongQueue(
        ProtectionDomain domain, CompletionQueue completions, SharedReceiveQueue? shared, int gidIndex, PingPongOptions options)
    {
        (_domain, _options) = (domain, options);
        _queuePair = domain.CreateQueuePair(new()
        {
            Type = options.Service.QueuePairType(), SendCompletionQueue = completions, ReceiveCompletionQueue = completions,
            SharedReceiveQueue = shared, SignalAll = true,
            Capabilities = new()
            {
                MaxSendWorkRequests = 1, MaxReceiveWorkRequests = options.ReceiveDepth, MaxSendEntries = 1, MaxReceiveEntries = 1,
            },
        });
        _connecting = Connecting(gidIndex, options);
        var end = _queuePair.GetLocalEndpoint(gidIndex, options.DevicePort);
        Local = new(domain.Device.QueryPort(options.DevicePort).Lid, end.QueuePairNumber, end.Psn, end.Gid);
    }

    /// <summary>Where this queue pair can be reached.</summary>
    public PingPongDestination Local { get; }

    /// <summary>Which completions it awaits, as a set of work request identifiers.</summary>
    public ulong Pending { get; set; }

    private bool IsDatagram => _queuePair.Type == QueuePairType.UnreliableDatagram;

    /// <summary>How a connection is made.</summary>
    public static ConnectOptions Connecting(int gidIndex, PingPongOptions options) => new()
    {
        Port = options.DevicePort, SourceGidIndex = gidIndex, PathMtu = PathMtuExtensions.FromBytes(options.Mtu),
        Access = AccessFlags.None, Timeout = PatientTimeout, MaxReadAtomic = 1, MaxDestinationReadAtomic = 1,
        ServiceLevel = (byte)options.ServiceLevel,
    };

    /// <summary>RESET to INIT: from then on receives may be posted.</summary>
    public void Initialize()
    {
        if (!IsDatagram)
        {
            _queuePair.Initialize(_connecting);
            return;
        }

        _queuePair.Modify(new()
        {
            State = QueuePairState.Init, Port = _options.DevicePort, PkeyIndex = 0, Qkey = DatagramKey,
        });
    }

    /// <summary>INIT to RTS, towards the peer.</summary>
    public void Connect(PingPongDestination peer)
    {
        _peer = peer.QueuePairNumber;
        if (!IsDatagram)
        {
            _queuePair.ConnectTo(peer.Endpoint, _connecting);
            return;
        }

        _queuePair.Modify(new() { State = QueuePairState.ReadyToReceive });
        _queuePair.Modify(new() { State = QueuePairState.ReadyToSend, SendPsn = Local.Psn });
        _address = _domain.CreateAddressHandle(new AddressVector
        {
            Port = _options.DevicePort, DestinationGid = peer.Gid, DestinationLid = peer.Lid,
            SourceGidIndex = _connecting.SourceGidIndex!.Value, ServiceLevel = _connecting.ServiceLevel,
        });
    }

    public void PostReceive(in ReceiveWorkRequest receive) => _queuePair.PostReceive(receive);

    public void PostSend(ulong workRequest, ScatterGatherEntry entry)
    {
        var request = new SendWorkRequest { WorkRequestId = workRequest, Opcode = SendOpcode.Send, Entry = entry };
        _queuePair.PostSend(IsDatagram
            ? request with { Address = _address, RemoteQueuePair = _peer, RemoteQueueKey = DatagramKey }
            : request);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queuePair.Dispose();
        _address?.Dispose();
    }
}
