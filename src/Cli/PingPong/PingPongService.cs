namespace RdmaPipeline.Cli.PingPong;

/// <summary>The transport service of an exchange: which of the ibv_*_pingpong programs the peer is.</summary>
public enum PingPongService
{
    /// <summary>Reliable connection: ibv_rc_pingpong.</summary>
    Rc,

    /// <summary>Unreliable connection: ibv_uc_pingpong.</summary>
    Uc,

    /// <summary>Unreliable datagram: ibv_ud_pingpong.</summary>
    Ud,

    /// <summary>Many reliable connections that share their receives: ibv_srq_pingpong.</summary>
    Srq,

    /// <summary>XRC connections: ibv_xsrq_pingpong.</summary>
    Xsrq,
}
