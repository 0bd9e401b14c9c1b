namespace RdmaPipeline.Verbs;

/// <content>The way from RESET to RTS in one call.</content>
public sealed partial class QueuePair
{
    /// <summary>What to tell the peer: the address for peers not yet known, the number and the initial PSN.</summary>
    /// <exception cref="RdmaException">ENODATA: the device has no address.</exception>
    public QueuePairEndpoint LocalEndpoint => GetLocalEndpoint(Device.SelectGid());

    /// <summary>What to tell a peer who shall reach this side at a certain address.</summary>
    /// <param name="gidIndex">Slot of the GID table.</param>
    /// <param name="port">The local port.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port or slot. ENODATA: the slot is empty.</exception>
    public QueuePairEndpoint GetLocalEndpoint(int gidIndex, int port = 1)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        GidEntry entry = Device.QueryGidEntry(port, gidIndex)
            ?? throw new RdmaException(VerbsErrno.ENODATA, $"gid index is {gidIndex}: this slot of port {port} is empty");
        return new QueuePairEndpoint(entry.Gid, Number, InitialPsn) { Lid = Device.QueryPort(port).Lid };
    }

    /// <summary>
    /// Connects: RESET → INIT → RTR → RTS. Both sides do this with each other's endpoint; of XRC an initiator and a target. To post
    /// receives before the peer can send, post them between <see cref="Initialize"/> and this call, which then goes on from INIT.
    /// </summary>
    /// <param name="peer">The peer's <see cref="LocalEndpoint"/>.</param>
    /// <param name="options">How; the defaults of <see cref="ConnectOptions"/> when left out.</param>
    /// <exception cref="RdmaException">EINVAL: not in RESET or INIT, not a connected type, or a value out of range.</exception>
    public void ConnectTo(QueuePairEndpoint peer, ConnectOptions? options = null)
    {
        options ??= new ConnectOptions();
        if (!QueuePairTypeTraits.Of(Type)!.Connects)
            throw RdmaException.Invalid($"qp_type is {Type}: only connected types connect to one peer");
        if (State is not (QueuePairState.Reset or QueuePairState.Init))
            throw RdmaException.Invalid($"the queue pair is in {State}: ConnectTo starts from RESET or INIT, modify it to RESET first");
        if (State == QueuePairState.Reset)
            Initialize(options);
        Modify(ReadyToReceive(peer, options));
        Modify(ReadyToSend(options));
    }

    /// <summary>
    /// RESET → INIT → RTR → RTS of a queue pair that talks to many: datagrams, general services, subnet management. To post receives
    /// before the first datagram can come, modify it step by step instead.
    /// </summary>
    /// <param name="queueKey">The Q_Key that datagrams to it must carry. General services have one of their own whatever is given.</param>
    /// <param name="port">The local port; of a special queue pair the one it was made for.</param>
    /// <param name="pkeyIndex">Index into the P_Key table of the port.</param>
    /// <exception cref="RdmaException">EINVAL: not in RESET, a connected type, or a value out of range.</exception>
    public void Activate(uint queueKey, int port = 1, int pkeyIndex = 0)
    {
        if (Type is not (QueuePairType.UnreliableDatagram or QueuePairType.Gsi or QueuePairType.Smi))
            throw RdmaException.Invalid($"qp_type is {Type}: connected types are made ready with ConnectTo");
        bool choosesPort = Type == QueuePairType.UnreliableDatagram;
        Modify(new QueuePairAttributes
        {
            State = QueuePairState.Init, Port = choosesPort ? port : null, PkeyIndex = pkeyIndex, Qkey = queueKey,
        });
        Modify(new QueuePairAttributes { State = QueuePairState.ReadyToReceive });
        Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend, SendPsn = InitialPsn });
    }

    /// <summary>RESET → INIT: from then on receives may be posted.</summary>
    /// <param name="options">Port, P_Key index and access are taken from it.</param>
    /// <exception cref="RdmaException">EINVAL: not in RESET, or a value out of range.</exception>
    public void Initialize(ConnectOptions? options = null)
    {
        options ??= new ConnectOptions();
        Modify(new QueuePairAttributes
        {
            State = QueuePairState.Init, Port = options.Port, PkeyIndex = options.PkeyIndex, Access = options.Access,
        });
    }

    private QueuePairAttributes ReadyToReceive(QueuePairEndpoint peer, ConnectOptions options)
    {
        bool responds = Type is QueuePairType.ReliableConnection or QueuePairType.XrcTarget;
        return new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive,
            AddressVector = Vector(peer, options),
            PathMtu = options.PathMtu ?? Device.QueryPort(options.Port).ActiveMtu,
            DestinationQueuePair = peer.QueuePairNumber,
            ReceivePsn = peer.Psn,
            MaxDestinationReadAtomic = responds ? options.MaxDestinationReadAtomic : null,
            MinRnrTimer = responds ? options.MinRnrTimer : null,
        };
    }

    private QueuePairAttributes ReadyToSend(ConnectOptions options)
    {
        bool requests = Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator;
        return new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend,
            SendPsn = InitialPsn,
            Timeout = requests || Type == QueuePairType.XrcTarget ? options.Timeout : null,
            RetryCount = requests ? options.RetryCount : null,
            RnrRetry = requests ? options.RnrRetry : null,
            MaxReadAtomic = requests ? options.MaxReadAtomic : null,
        };
    }

    private AddressVector Vector(QueuePairEndpoint peer, ConnectOptions options) => new()
    {
        Port = options.Port,
        IsGlobal = options.IsGlobal ?? Device.QueryPort(options.Port).LinkLayer == LinkLayer.Ethernet,
        DestinationLid = peer.Lid,
        DestinationGid = peer.Gid,
        SourceGidIndex = options.SourceGidIndex ?? Device.SelectGid(options.Port, peer.Gid),
        HopLimit = options.HopLimit,
        TrafficClass = options.TrafficClass,
        FlowLabel = options.FlowLabel,
        ServiceLevel = options.ServiceLevel,
    };
}
