using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>The table of state changes against a second transcription of verbs.md section 6.1, cell by cell.</summary>
public sealed class QueuePairStateTableTests
{
    // From>To types : required : optional, in the short names of the standard. "=" stands for nothing.
    private const string Transcript = """
        RESET>INIT UD : PKEY_INDEX PORT QKEY : =
        RESET>INIT UC RC XI XT : PKEY_INDEX PORT ACCESS_FLAGS : =
        RESET>INIT SMI GSI : PKEY_INDEX QKEY : =
        RESET>INIT RAW : PORT : =
        INIT>INIT UD : = : PKEY_INDEX PORT QKEY
        INIT>INIT UC RC XI XT : = : PKEY_INDEX PORT ACCESS_FLAGS
        INIT>INIT SMI GSI : = : PKEY_INDEX QKEY
        INIT>RTR UD SMI GSI : = : PKEY_INDEX QKEY
        INIT>RTR UC XI : AV PATH_MTU DEST_QPN RQ_PSN : ALT_PATH ACCESS_FLAGS PKEY_INDEX
        INIT>RTR RC XT : AV PATH_MTU DEST_QPN RQ_PSN MAX_DEST_RD_ATOMIC MIN_RNR_TIMER : ALT_PATH ACCESS_FLAGS PKEY_INDEX
        INIT>RTR RAW : = : =
        RTR>RTS UD SMI GSI : SQ_PSN : CUR_STATE QKEY
        RTR>RTS UC : SQ_PSN : CUR_STATE ALT_PATH ACCESS_FLAGS PATH_MIG_STATE
        RTR>RTS RC : TIMEOUT RETRY_CNT RNR_RETRY SQ_PSN MAX_QP_RD_ATOMIC : CUR_STATE ALT_PATH ACCESS_FLAGS MIN_RNR_TIMER PATH_MIG_STATE
        RTR>RTS XI : TIMEOUT RETRY_CNT RNR_RETRY SQ_PSN MAX_QP_RD_ATOMIC : CUR_STATE ALT_PATH ACCESS_FLAGS PATH_MIG_STATE
        RTR>RTS XT : TIMEOUT SQ_PSN : CUR_STATE ALT_PATH ACCESS_FLAGS MIN_RNR_TIMER PATH_MIG_STATE
        RTR>RTS RAW : = : RATE_LIMIT
        RTS>RTS UD SMI GSI : = : CUR_STATE QKEY
        RTS>RTS UC XI : = : CUR_STATE ACCESS_FLAGS ALT_PATH PATH_MIG_STATE
        RTS>RTS RC XT : = : CUR_STATE ACCESS_FLAGS ALT_PATH PATH_MIG_STATE MIN_RNR_TIMER
        RTS>RTS RAW : = : RATE_LIMIT
        RTS>SQD UD UC RC XI XT SMI GSI : = : EN_SQD_ASYNC_NOTIFY
        SQD>RTS UD SMI GSI : = : CUR_STATE QKEY
        SQD>RTS UC XI : = : CUR_STATE ALT_PATH ACCESS_FLAGS PATH_MIG_STATE
        SQD>RTS RC XT : = : CUR_STATE ALT_PATH ACCESS_FLAGS MIN_RNR_TIMER PATH_MIG_STATE
        SQD>SQD UD SMI GSI : = : PKEY_INDEX QKEY
        SQD>SQD UC : = : AV ALT_PATH ACCESS_FLAGS PKEY_INDEX PATH_MIG_STATE
        SQD>SQD RC : = : PORT AV TIMEOUT RETRY_CNT RNR_RETRY MAX_QP_RD_ATOMIC MAX_DEST_RD_ATOMIC ALT_PATH ACCESS_FLAGS PKEY_INDEX \
            MIN_RNR_TIMER PATH_MIG_STATE
        SQD>SQD XI : = : PORT AV TIMEOUT RETRY_CNT RNR_RETRY MAX_QP_RD_ATOMIC ALT_PATH ACCESS_FLAGS PKEY_INDEX PATH_MIG_STATE
        SQD>SQD XT : = : PORT AV TIMEOUT MAX_DEST_RD_ATOMIC ALT_PATH ACCESS_FLAGS PKEY_INDEX MIN_RNR_TIMER PATH_MIG_STATE
        SQE>RTS UD SMI GSI : = : CUR_STATE QKEY
        SQE>RTS UC : = : CUR_STATE ACCESS_FLAGS
        """;

    private static readonly string[] States = ["RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"];

    private static readonly Dictionary<string, QueuePairType> Types = new()
    {
        ["SMI"] = QueuePairType.Smi, ["GSI"] = QueuePairType.Gsi, ["RC"] = QueuePairType.ReliableConnection,
        ["UC"] = QueuePairType.UnreliableConnection, ["UD"] = QueuePairType.UnreliableDatagram, ["RAW"] = QueuePairType.RawPacket,
        ["XI"] = QueuePairType.XrcInitiator, ["XT"] = QueuePairType.XrcTarget,
    };

    // R-VERB-17: the bits of the standard.
    private static readonly string[] Bits =
    [
        "STATE", "CUR_STATE", "EN_SQD_ASYNC_NOTIFY", "ACCESS_FLAGS", "PKEY_INDEX", "PORT", "QKEY", "AV", "PATH_MTU", "TIMEOUT", "RETRY_CNT",
        "RNR_RETRY", "RQ_PSN", "MAX_QP_RD_ATOMIC", "ALT_PATH", "MIN_RNR_TIMER", "SQ_PSN", "MAX_DEST_RD_ATOMIC", "PATH_MIG_STATE", "CAP",
        "DEST_QPN", "-", "-", "-", "-", "RATE_LIMIT",
    ];

    [Fact]
    public void EveryCellIsThatOfTheStandard()
    {
        var expected = Parse();
        foreach (var (typeName, type) in Types)
        {
            for (var from = 0; from < States.Length; from++)
            {
                for (var to = 0; to < States.Length; to++)
                {
                    var cell = QueuePairStateTable.Find((QueuePairState)from, (QueuePairState)to, type);
                    var known = expected.TryGetValue((States[from], States[to], typeName), out var masks);
                    Assert.True(known == cell is not null, $"{States[from]}>{States[to]} {typeName} is {(known ? "missing" : "too much")}");
                    if (cell is { } found) Assert.Equal((masks.Required, masks.Optional), ((int)found.Required, (int)found.Optional));
                }
            }
        }
    }

    [Fact]
    public void NumbersOutsideTheEnumerationsHaveNoCell()
    {
        Assert.Null(QueuePairStateTable.Find((QueuePairState)7, QueuePairState.Reset, QueuePairType.ReliableConnection));
        Assert.Null(QueuePairStateTable.Find(QueuePairState.Reset, (QueuePairState)(-1), QueuePairType.ReliableConnection));
        Assert.Null(QueuePairStateTable.Find(QueuePairState.Reset, QueuePairState.Reset, (QueuePairType)5));
        Assert.Null(QueuePairStateTable.Find(QueuePairState.Reset, QueuePairState.Reset, (QueuePairType)99));
    }

    private static Dictionary<(string From, string To, string Type), (int Required, int Optional)> Parse()
    {
        var cells = new Dictionary<(string, string, string), (int, int)>();
        const StringSplitOptions options = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var line in Transcript.Replace("\\\n", "", StringComparison.Ordinal).Split('\n', options))
        {
            var parts = line.Split(':', StringSplitOptions.TrimEntries);
            var words = parts[0].Split(' ');
            var states = words[0].Split('>');
            foreach (var type in words[1..]) cells.Add((states[0], states[1], type), (Mask(parts[1]), Mask(parts[2])));
        }

        // Every state to RESET, every state but RESET to ERR, with the state alone.
        foreach (var type in Types.Keys)
        {
            foreach (var from in States)
            {
                cells.Add((from, "RESET", type), (0, 0));
                if (from != "RESET") cells.Add((from, "ERR", type), (0, 0));
            }
        }

        return cells;
    }

    private static int Mask(string names) =>
        names == "=" ? 0 : names.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(0, (mask, name) => mask | (1 << Array.IndexOf(Bits, name)));
}
