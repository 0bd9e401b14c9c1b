namespace RdmaPipeline.Cli.Demo;

/// <summary>A row of the table of operations; its names are those of the JSON report.</summary>
/// <param name="Name">send, send_imm, send_inv, write, write_imm, read, cmp_swap, fetch_add.</param>
/// <param name="Size">Bytes of each message.</param>
/// <param name="Count">Messages completed.</param>
/// <param name="Bytes">Payload of all of them.</param>
/// <param name="Verified">Every byte of memory and every completion was as the independent generator says.</param>
public sealed record OperationResult(string Name, int Size, int Count, long Bytes, bool Verified);
