using RdmaPipeline.Verbs;
using static RdmaPipeline.Verbs.QueuePairAttributeMask;
using static RdmaPipeline.Verbs.QueuePairState;
using Mask = RdmaPipeline.Verbs.QueuePairAttributeMask;

namespace RdmaPipeline.Protocol;

/// <summary>Every legal change of state of every queue pair type, with the attributes it needs and allows (verbs.md section 6.1).</summary>
public static class QueuePairStateTable
{
    private const int Ud = 1 << (int)QueuePairType.UnreliableDatagram;
    private const int Uc = 1 << (int)QueuePairType.UnreliableConnection;
    private const int Rc = 1 << (int)QueuePairType.ReliableConnection;
    private const int Xi = 1 << (int)QueuePairType.XrcInitiator;
    private const int Xt = 1 << (int)QueuePairType.XrcTarget;
    private const int Sg = (1 << (int)QueuePairType.Smi) | (1 << (int)QueuePairType.Gsi);
    private const int Raw = 1 << (int)QueuePairType.RawPacket;
    private const int All = Ud | Uc | Rc | Xi | Xt | Sg | Raw;

    private const Mask Path = Mask.AddressVector | Mask.PathMtu | DestinationQueuePair | ReceivePsn;
    private const Mask Retries = Mask.Timeout | RetryCount | RnrRetry | SendPsn | MaxReadAtomic;
    private const Mask Alternate = Mask.AlternatePath | Mask.PathMigrationState;

    private const int StateCount = (int)Error + 1;
    private const int TypeCount = (int)QueuePairType.XrcTarget + 1;

    private static readonly (QueuePairState From, QueuePairState To, int Types, Mask Required, Mask Optional)[] Rows =
    [
        (Reset, Init, Ud, PkeyIndex | Port | Qkey, None),
        (Reset, Init, Uc | Rc | Xi | Xt, PkeyIndex | Port | Access, None),
        (Reset, Init, Sg, PkeyIndex | Qkey, None),
        (Reset, Init, Raw, Port, None),

        (Init, Init, Ud, None, PkeyIndex | Port | Qkey),
        (Init, Init, Uc | Rc | Xi | Xt, None, PkeyIndex | Port | Access),
        (Init, Init, Sg, None, PkeyIndex | Qkey),

        (Init, ReadyToReceive, Ud | Sg, None, PkeyIndex | Qkey),
        (Init, ReadyToReceive, Uc | Xi, Path, Mask.AlternatePath | Access | PkeyIndex),
        (Init, ReadyToReceive, Rc | Xt, Path | MaxDestinationReadAtomic | MinRnrTimer, Mask.AlternatePath | Access | PkeyIndex),
        (Init, ReadyToReceive, Raw, None, None),

        (ReadyToReceive, ReadyToSend, Ud | Sg, SendPsn, CurrentState | Qkey),
        (ReadyToReceive, ReadyToSend, Uc, SendPsn, CurrentState | Access | Alternate),
        (ReadyToReceive, ReadyToSend, Rc, Retries, CurrentState | Access | MinRnrTimer | Alternate),
        (ReadyToReceive, ReadyToSend, Xi, Retries, CurrentState | Access | Alternate),
        (ReadyToReceive, ReadyToSend, Xt, Mask.Timeout | SendPsn, CurrentState | Access | MinRnrTimer | Alternate),
        (ReadyToReceive, ReadyToSend, Raw, None, RateLimit),

        (ReadyToSend, ReadyToSend, Ud | Sg, None, CurrentState | Qkey),
        (ReadyToSend, ReadyToSend, Uc | Xi, None, CurrentState | Access | Alternate),
        (ReadyToSend, ReadyToSend, Rc | Xt, None, CurrentState | Access | MinRnrTimer | Alternate),
        (ReadyToSend, ReadyToSend, Raw, None, RateLimit),

        (ReadyToSend, SendQueueDrained, All & ~Raw, None, NotifySendQueueDrained),

        (SendQueueDrained, ReadyToSend, Ud | Sg, None, CurrentState | Qkey),
        (SendQueueDrained, ReadyToSend, Uc | Xi, None, CurrentState | Access | Alternate),
        (SendQueueDrained, ReadyToSend, Rc | Xt, None, CurrentState | Access | MinRnrTimer | Alternate),

        (SendQueueDrained, SendQueueDrained, Ud | Sg, None, PkeyIndex | Qkey),
        (SendQueueDrained, SendQueueDrained, Uc, None, Mask.AddressVector | Access | PkeyIndex | Alternate),
        (SendQueueDrained, SendQueueDrained, Rc, None,
            Port | Mask.AddressVector | Mask.Timeout | RetryCount | RnrRetry | MaxReadAtomic | MaxDestinationReadAtomic
            | Access | PkeyIndex | MinRnrTimer | Alternate),
        (SendQueueDrained, SendQueueDrained, Xi, None,
            Port | Mask.AddressVector | Mask.Timeout | RetryCount | RnrRetry | MaxReadAtomic | Access | PkeyIndex | Alternate),
        (SendQueueDrained, SendQueueDrained, Xt, None,
            Port | Mask.AddressVector | Mask.Timeout | MaxDestinationReadAtomic | Access | PkeyIndex | MinRnrTimer | Alternate),

        (SendQueueError, ReadyToSend, Ud | Sg, None, CurrentState | Qkey),
        (SendQueueError, ReadyToSend, Uc, None, CurrentState | Access),
    ];

    private static readonly QueuePairTransition?[] Cells = Build();

    /// <summary>Looks up a change of state.</summary>
    /// <param name="from">The current state, or the assumed one (R-VERB-15).</param>
    /// <param name="to">The next state.</param>
    /// <param name="type">The type of the queue pair.</param>
    /// <returns>Null when it is not legal.</returns>
    public static QueuePairTransition? Find(QueuePairState from, QueuePairState to, QueuePairType type) =>
        IsDefined(from) && IsDefined(to) && (uint)type < TypeCount ? Cells[Index(from, to, (int)type)] : null;

    private static bool IsDefined(QueuePairState state) => (uint)state < StateCount;

    private static int Index(QueuePairState from, QueuePairState to, int type) => (((int)from * StateCount) + (int)to) * TypeCount + type;

    private static QueuePairTransition?[] Build()
    {
        var cells = new QueuePairTransition?[StateCount * StateCount * TypeCount];
        foreach (var row in Rows) Add(cells, row.From, row.To, row.Types, new QueuePairTransition(row.Required, row.Optional));

        // Every state to RESET, every state but RESET to ERR; both take the state alone.
        for (var from = Reset; from <= Error; from++)
        {
            Add(cells, from, Reset, All, default);
            if (from != Reset) Add(cells, from, Error, All, default);
        }

        return cells;
    }

    private static void Add(QueuePairTransition?[] cells, QueuePairState from, QueuePairState to, int types, QueuePairTransition cell)
    {
        for (var type = 0; type < TypeCount; type++)
        {
            if ((types & (1 << type)) != 0) cells[Index(from, to, type)] = cell;
        }
    }
}
