using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// The attributes of a queue pair in force, each with a value of its own type (verbs.md section 6.1). Written by Modify only.
/// </summary>
internal sealed class QueuePairSettings(int initialPort)
{
    private readonly int _initialPort = initialPort;

    /// <summary>Remote operations this queue pair lets the peer do (responder.md section 4, check 3).</summary>
    public AccessFlags Access { get; set; }

    public int PartitionKeyIndex { get; set; }

    /// <summary>The P_Key that packets carry: the entry of the port's table at the index (R-WIRE-27).</summary>
    public ushort PartitionKey { get; private set; } = PartitionKeys.Default;

    public int Port { get; set; } = initialPort;

    public uint QueueKey { get; set; }

    /// <summary>Where the peer is; null before RTR and for datagram types.</summary>
    public AddressVector? Path { get; set; }

    /// <summary>The addresses that packets of the peer carry; both empty while there is no path.</summary>
    public AddressPair Addresses { get; set; }

    public PathMtu PathMtu { get; set; } = PathMtu.Mtu1024;

    /// <summary>Payload bytes of a full packet (R-WIRE-15).</summary>
    public int PathMtuBytes { get; set; } = 1024;

    public uint DestinationQueuePair { get; set; }

    /// <summary>First expected request PSN, as last set by Modify (INIT→RTR).</summary>
    public Psn ReceivePsn { get; set; }

    /// <summary>First request PSN, as last set by Modify (RTR→RTS, R-REQ-3).</summary>
    public Psn SendPsn { get; set; }

    /// <summary>Transport timeout code, 0 (never) to 31 (R-REQ-38).</summary>
    public int Timeout { get; set; }

    /// <summary>Transport retries, 0 to 7 (R-REQ-41).</summary>
    public int RetryCount { get; set; }

    /// <summary>RNR retries, 0 to 7, where 7 is without end (R-REQ-42).</summary>
    public int RnrRetry { get; set; }

    /// <summary>RNR timer code that this side puts into its RNR NAKs, 0 to 31 (R-REQ-43).</summary>
    public byte MinimumRnrTimer { get; set; }

    /// <summary>READs and atomics this side may have outstanding (initiator depth, R-REQ-21).</summary>
    public int MaxReadAtomic { get; set; }

    /// <summary>READs and atomics the peer may have outstanding here (responder depth, R-RESP-21).</summary>
    public int MaxDestinationReadAtomic { get; set; }

    /// <summary>Takes what is set; every value has been checked.</summary>
    public void Apply(QueuePairAttributes given, IQueuePairHost host)
    {
        Access = given.Access ?? Access;
        PartitionKeyIndex = given.PkeyIndex ?? PartitionKeyIndex;
        Port = given.Port ?? Port;
        QueueKey = given.Qkey ?? QueueKey;
        DestinationQueuePair = given.DestinationQueuePair ?? DestinationQueuePair;
        Timeout = given.Timeout ?? Timeout;
        RetryCount = given.RetryCount ?? RetryCount;
        RnrRetry = given.RnrRetry ?? RnrRetry;
        MinimumRnrTimer = (byte)(given.MinRnrTimer ?? MinimumRnrTimer);
        MaxReadAtomic = given.MaxReadAtomic ?? MaxReadAtomic;
        MaxDestinationReadAtomic = given.MaxDestinationReadAtomic ?? MaxDestinationReadAtomic;
        PathMtu = given.PathMtu ?? PathMtu;
        PathMtuBytes = PathMtu.ToBytes();
        LoadPartitionKey(host);
        if (given.ReceivePsn is { } receivePsn) ReceivePsn = Psn.Truncate(receivePsn);
        if (given.SendPsn is { } sendPsn) SendPsn = Psn.Truncate(sendPsn);
        if (given.AddressVector is not { } path) return;
        Path = path;
        Addresses = AddressesOf(path, host);
    }

    /// <summary>Looks into the port's table again, which may have changed.</summary>
    public void LoadPartitionKey(IQueuePairHost host) => PartitionKey = host.FindPkey(Port, PartitionKeyIndex);

    /// <summary>Back to what a new queue pair has (R-REQ-53).</summary>
    public void Reset()
    {
        Access = AccessFlags.None;
        PartitionKeyIndex = 0;
        Port = _initialPort;
        PartitionKey = PartitionKeys.Default;
        QueueKey = 0;
        Path = null;
        Addresses = default;
        PathMtu = PathMtu.Mtu1024;
        PathMtuBytes = 1024;
        DestinationQueuePair = 0;
        ReceivePsn = SendPsn = default;
        MinimumRnrTimer = 0;
        Timeout = RetryCount = RnrRetry = MaxReadAtomic = MaxDestinationReadAtomic = 0;
    }

    private static AddressPair AddressesOf(AddressVector path, IQueuePairHost host) => path.IsGlobal
        ? new AddressPair(
            path.DestinationGid, host.FindGid(path.Port, path.SourceGidIndex).GetValueOrDefault(), path.DestinationLid)
        : new AddressPair(Gid.Empty, Gid.Empty, path.DestinationLid);
}
