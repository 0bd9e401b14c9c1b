namespace RdmaPipeline.Testing.Model;

/// <summary>What the world around queue pairs allows.</summary>
public sealed record ModelRules
{
    /// <summary>How often the wire may deliver one packet: 1, or more where it duplicates.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>An answer may stay away until the retries are used up, whatever the peer does (R-REQ-40).</summary>
    public bool MayLoseAnswers { get; init; }

    /// <summary>The wire loses and damages nothing: what is answered arrives.</summary>
    public bool LosesNothing { get; init; }

    /// <summary>A receive may stay away until the RNR retries are used up (R-REQ-42).</summary>
    public bool MayLackReceives { get; init; }
}
