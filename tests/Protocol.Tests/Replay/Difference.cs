namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>Something that was done otherwise than Soft-RoCE did it.</summary>
/// <param name="Frame">The frame of the capture at which it shows.</param>
/// <param name="What">Field by field: what Soft-RoCE did, then what was done here.</param>
internal readonly record struct Difference(int Frame, string What);
