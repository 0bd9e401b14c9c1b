namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>Who is told of the messages of a scene, and of which: one byte of the header.</summary>
/// <param name="Choice">The byte; 0 is nobody.</param>
internal readonly record struct TraceSettings(byte Choice)
{
    /// <summary>Both ends put a prefix in front of SENDs.</summary>
    public bool UsesPrefix => (Choice & 4) != 0;

    /// <summary>The prefix of a traced message says that there is a trace.</summary>
    public bool MarksPrefix => (Choice & 8) != 0;

    /// <summary>Some packets come with a context.</summary>
    public bool HasContexts => (Choice & 16) != 0;

    /// <summary>Of the messages that the sampler chooses the observer wants every other one.</summary>
    public bool IsChoosy => (Choice & 32) != 0;

    /// <summary>The sampler chooses one message in so many; 0 for none.</summary>
    public int OneIn => (Choice >> 6) switch { 0 => 1, 1 => 2, 2 => 16, _ => 0 };

    /// <summary>Whether somebody looks at an end from the start.</summary>
    /// <param name="side">0 or 1.</param>
    public bool Observes(int side) => (Choice & (1 << side)) != 0;

    /// <summary>Whether the observer wants to know more of a message that was chosen.</summary>
    public bool Wants(long number) => !IsChoosy || (number & 1) == 0;
}
