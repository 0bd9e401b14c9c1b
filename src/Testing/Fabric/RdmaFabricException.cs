namespace RdmaPipeline.Testing;

/// <summary>A scenario on a <see cref="RdmaTestFabric"/> went wrong. The message tells what, and how to see it again.</summary>
public sealed class RdmaFabricException : Exception
{
    internal RdmaFabricException(string message, Exception? inner, ulong seed, string replayLine, string? capturePath)
        : base(message, inner) => (Seed, ReplayLine, CapturePath) = (seed, replayLine, capturePath);

    /// <summary>The seed of the run.</summary>
    public ulong Seed { get; }

    /// <summary>The command that runs the same again.</summary>
    public string ReplayLine { get; }

    /// <summary>The capture of the run, a pcapng file; null when it could not be written.</summary>
    public string? CapturePath { get; }
}
