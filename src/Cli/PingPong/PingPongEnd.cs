namespace RdmaPipeline.Cli.PingPong;

/// <summary>One end as the JSON report shows it.</summary>
public sealed record PingPongEnd(ushort Lid, uint Qpn, uint Psn, string Gid)
{
    public static PingPongEnd Of(PingPongDestination end) => new(end.Lid, end.QueuePairNumber, end.Psn, end.Gid.ToString());
}
