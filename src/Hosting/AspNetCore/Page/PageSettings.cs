namespace RdmaPipeline.Hosting.Page;

/// <summary>How a service asked for its page.</summary>
internal sealed record PageSettings(int Port, Action<RdmaPipelinePageOptions>? Configure);
