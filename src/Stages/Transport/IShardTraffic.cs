namespace RdmaPipeline.Transport;

/// <summary>How a shard gets at the outside: the first one through the back-end, the others through their neighbours' edges.</summary>
internal interface IShardTraffic
{
    /// <summary>On the shard: one round of receiving and of trying blocked sends again.</summary>
    /// <returns>Whether anything was done.</returns>
    bool Poll();

    /// <summary>Any thread: blocks until traffic, <see cref="Wake"/>, or the time; negative is without limit.</summary>
    /// <returns>False when only the time ended the wait.</returns>
    bool Wait(long timeoutNanoseconds);

    /// <summary>Any thread: ends the current wait, or the next.</summary>
    void Wake();
}
