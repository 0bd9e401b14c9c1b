namespace RdmaPipeline.Transport;

/// <summary>
/// The names of the stages, the same in graphs, metrics and spans; a stage of a further shard carries its number, as in
/// <c>encode.1</c>.
/// </summary>
public static class StageNames
{
    /// <summary>Takes bursts from the back-end.</summary>
    public const string Receive = "receive";

    /// <summary>Finds the transport packets in the frames and checks the ICRC.</summary>
    public const string Decode = "decode";

    /// <summary>Hands packets to the shard of their queue pair; exists only where there are several shards.</summary>
    public const string Route = "route";

    /// <summary>Admits packets to their queue pair and parts requests from responses.</summary>
    public const string Dispatch = "dispatch";

    /// <summary>Builds request packets from send queues.</summary>
    public const string Requester = "requester";

    /// <summary>Applies responses to send queues.</summary>
    public const string Completer = "completer";

    /// <summary>Executes requests.</summary>
    public const string Responder = "responder";

    /// <summary>Builds what the responder owes.</summary>
    public const string AckGenerator = "ack_generator";

    /// <summary>Lays packets into frames.</summary>
    public const string Encode = "encode";

    /// <summary>Hands bursts to the back-end.</summary>
    public const string Send = "send";

    /// <summary>The name that a stage goes by when it gives none: that of its type in snake_case, without "Stage".</summary>
    internal static string Of(Type type)
    {
        string name = type.Name.Split('`')[0];
        if (name.Length > 5 && name.EndsWith("Stage", StringComparison.Ordinal))
            name = name[..^5];
        return string.Concat(name.Select((c, i) => char.IsUpper(c) ? $"{(i == 0 ? "" : "_")}{char.ToLowerInvariant(c)}" : $"{c}"));
    }

    /// <summary>The name of a stage on a shard.</summary>
    internal static string OnShard(string stage, int shard) => shard == 0 ? stage : $"{stage}.{shard}";
}
