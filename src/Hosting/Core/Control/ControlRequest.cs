namespace RdmaPipeline.Hosting.Control;

/// <summary>A line that a client sends, as JSON.</summary>
/// <param name="Version">Of the protocol: <see cref="CurrentVersion"/>.</param>
/// <param name="Verb">What is asked for: a name of <see cref="ControlVerbs"/>.</param>
public sealed record ControlRequest(int Version, string Verb)
{
    /// <summary>The version here.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Bytes of a line at most, its end included.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The device that is meant, by its name or the one it is registered under; null where there is only one.</summary>
    public string? Device { get; init; }

    /// <summary>The edge that is meant, as <c>decode→dispatch</c>, or by the stage it starts at.</summary>
    public string? Edge { get; init; }
}
