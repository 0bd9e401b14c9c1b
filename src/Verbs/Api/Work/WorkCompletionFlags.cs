namespace RdmaPipeline.Verbs;

/// <summary>Which optional fields of a completion are valid (completion.md 2).</summary>
[Flags]
public enum WorkCompletionFlags
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>The first 40 bytes of the receive hold a GRH (datagrams).</summary>
    Grh = 1,
    /// <summary><see cref="WorkCompletion.Immediate"/> is valid.</summary>
    WithImmediate = 2,
    /// <summary>The checksums were found right.</summary>
    IpChecksumOk = 4,
    /// <summary><see cref="WorkCompletion.InvalidatedKey"/> is valid.</summary>
    WithInvalidate = 8,
}
