namespace RdmaPipeline.Cli.Decode;

/// <summary>What a capture held.</summary>
internal sealed record DecodeSummary(string File, int Rdma, int PassedOver, int Failed);
