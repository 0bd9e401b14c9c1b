using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>The standard's short names.</summary>
internal static class QueuePairNames
{
    public static string Of(QueuePairType type) => type switch
    {
        QueuePairType.ReliableConnection => "RC",
        QueuePairType.UnreliableConnection => "UC",
        QueuePairType.UnreliableDatagram => "UD",
        QueuePairType.XrcInitiator => "XRC_INI",
        QueuePairType.XrcTarget => "XRC_TGT",
        QueuePairType.Gsi => "GSI",
        QueuePairType.Smi => "SMI",
        _ => type.ToString(),
    };

    public static string Of(QueuePairState state) => state switch
    {
        QueuePairState.Reset => "RESET",
        QueuePairState.Init => "INIT",
        QueuePairState.ReadyToReceive => "RTR",
        QueuePairState.ReadyToSend => "RTS",
        QueuePairState.SendQueueDrained => "SQD",
        QueuePairState.SendQueueError => "SQE",
        _ => "ERR",
    };
}
