using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests;

/// <summary>What an end must know of the end it talks to.</summary>
/// <param name="Endpoint">Its queue pair.</param>
/// <param name="Target">Where writes go.</param>
/// <param name="Counter">Where atomics go.</param>
/// <param name="RemoteKey">The key to both.</param>
internal readonly record struct LoadPeer(QueuePairEndpoint Endpoint, ulong Target, ulong Counter, uint RemoteKey)
{
    public static LoadPeer Parse(string line)
    {
        string[] words = line.Split(' ');
        return new LoadPeer(QueuePairEndpoint.Parse(words[0]), ulong.Parse(words[1]), ulong.Parse(words[2]), uint.Parse(words[3]));
    }

    public override string ToString() => $"{Endpoint} {Target} {Counter} {RemoteKey}";
}
