namespace RdmaPipeline.Cli.Decode;

/// <summary>A received CRC as its bytes stand on the wire, and whether the packet gives the same.</summary>
internal sealed record CrcVerdict(string WireBytes, bool IsRight)
{
    public override string ToString() => $"{WireBytes} {(IsRight ? "ok" : "WRONG")}";
}
