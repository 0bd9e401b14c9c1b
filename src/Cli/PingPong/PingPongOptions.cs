namespace RdmaPipeline.Cli.PingPong;

/// <summary>The options of ibv_*_pingpong, with the defaults of ibv_rc_pingpong.</summary>
public sealed record PingPongOptions
{
    /// <summary>The path MTU when none is asked for, in bytes.</summary>
    public const int DefaultMtu = 1024;

    /// <summary>Which ibv_*_pingpong this end is.</summary>
    public PingPongService Service { get; init; }

    /// <summary>The server to connect to; null makes this end the server.</summary>
    public string? Host { get; init; }

    /// <summary>-p: TCP port of the exchange.</summary>
    public int Port { get; init; } = 18515;

    /// <summary>-d: the device's URI; null takes the local address of the TCP connection.</summary>
    public string? Device { get; init; }

    /// <summary>-i: the device's port.</summary>
    public int DevicePort { get; init; } = 1;

    /// <summary>-s: bytes of a message; of a datagram at most the device's MTU.</summary>
    public int Size { get; init; } = 4096;

    /// <summary>-m: path MTU in bytes.</summary>
    public int Mtu { get; init; } = DefaultMtu;

    /// <summary>-n: messages each way.</summary>
    public int Iterations { get; init; } = 1000;

    /// <summary>-r: receives kept posted.</summary>
    public int ReceiveDepth { get; init; } = 500;

    /// <summary>-q of srq: how many queue pairs; both ends need the same number. -c of xsrq: how many clients the server awaits.</summary>
    public int QueuePairs { get; init; } = 1;

    /// <summary>-g: index into the device's GID table; null takes the GID of the device's address.</summary>
    public int? GidIndex { get; init; }

    /// <summary>-l: service level.</summary>
    public int ServiceLevel { get; init; }

    /// <summary>-e: wait for completion events in place of polling.</summary>
    public bool Events { get; init; }

    /// <summary>-c: compare each received message with what the peer sends.</summary>
    public bool Check { get; init; }

    /// <summary>-t: how long to wait for the next completion.</summary>
    public TimeSpan Patience { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>--stat: tell what the device counted in its whole life, the rehearsal included.</summary>
    public bool Stat { get; init; }

    /// <summary>Print one JSON object in place of lines.</summary>
    public bool Json { get; init; }
}
