namespace RdmaPipeline.Benchmarks;

/// <summary>What is measured; every case of one workload is compared with the others.</summary>
internal enum Workload
{
    /// <summary>64 KiB messages in one direction, in bytes per second: more is better.</summary>
    Stream64KiB,

    /// <summary>A stream of bytes, 64 KiB written at a time and awaited, in bytes per second: more is better.</summary>
    ByteStream,

    /// <summary>64 B there and back, in seconds of half a round trip: less is better.</summary>
    PingPong64B,
}
