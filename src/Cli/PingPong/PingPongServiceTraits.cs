using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>What differs between the services.</summary>
public static class PingPongServiceTraits
{
    /// <summary>The most queue pairs that ibv_srq_pingpong has.</summary>
    public const int MaxQueuePairs = 256;

    /// <summary>The name under which the tool and its messages know a service.</summary>
    public static string Name(this PingPongService service) => service.ToString().ToLowerInvariant();

    public static QueuePairType QueuePairType(this PingPongService service) => service switch
    {
        PingPongService.Uc => Verbs.QueuePairType.UnreliableConnection,
        PingPongService.Ud => Verbs.QueuePairType.UnreliableDatagram,
        PingPongService.Xsrq => Verbs.QueuePairType.XrcInitiator,
        _ => Verbs.QueuePairType.ReliableConnection,
    };

    /// <summary>Whether a message that is lost is sent again. Where it is not, an exchange may have to be given up.</summary>
    public static bool IsReliable(this PingPongService service) => service is not (PingPongService.Uc or PingPongService.Ud);

    /// <summary>
    /// How many addresses each end tells: ibv_srq_pingpong one for each queue pair it could have, those it has not being all zero.
    /// </summary>
    public static int AddressCount(this PingPongService service) => service == PingPongService.Srq ? MaxQueuePairs : 1;

    /// <summary>The byte that fills a message.</summary>
    public static byte Fill(this PingPongService service) => service == PingPongService.Srq ? (byte)0 : PingPongPattern.Fill;

    /// <summary>Bytes in front of each received message: of a datagram the area of its global route header (R-RESP-37).</summary>
    public static int Headroom(this PingPongService service) => service == PingPongService.Ud ? GlobalRouteHeader.Length : 0;
}
