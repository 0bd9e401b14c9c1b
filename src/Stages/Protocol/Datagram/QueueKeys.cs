using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>Which Q_Key a datagram queue pair expects and sends (wire.md section 7).</summary>
internal static class QueueKeys
{
    /// <summary>The Q_Key of general services: of every queue pair 1 (R-WIRE-29, R-REQ-58).</summary>
    public const uint GeneralServices = 0x8001_0000;

    private const uint UseOwn = 0x8000_0000;

    /// <summary>The Q_Key that a datagram to this queue pair must carry. Subnet management checks none (R-WIRE-29).</summary>
    public static bool Accepts(QueuePairScope scope, uint received) =>
        scope.Context.Type == QueuePairType.Smi || received == Own(scope);

    /// <summary>
    /// The Q_Key that a datagram carries: the one of the work request, or this queue pair's own when its bit 31 is set, so that a user
    /// cannot speak in the name of a privileged one (R-WIRE-30).
    /// </summary>
    public static uint ToSend(QueuePairScope scope, uint requested) =>
        (requested & UseOwn) != 0 || scope.Context.Type == QueuePairType.Gsi ? Own(scope) : requested;

    private static uint Own(QueuePairScope scope) =>
        scope.Context.Type == QueuePairType.Gsi ? GeneralServices : scope.Settings.QueueKey;
}
