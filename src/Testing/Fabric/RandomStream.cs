namespace RdmaPipeline.Testing;

/// <summary>What a stream of random numbers is for: each use has its own, so that a new fault here does not shift those there.</summary>
internal enum RandomStream
{
    Lane,
    Host,
    Rule,
}
