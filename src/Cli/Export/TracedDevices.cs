namespace RdmaPipeline.Cli.Export;

/// <summary>How the devices that a command opens are traced.</summary>
internal static class TracedDevices
{
    /// <summary>As the environment says; without an export, the library's default, which costs nothing while nobody listens.</summary>
    public static TracingOptions Options { get; private set; } = new();

    /// <summary>
    /// The same for a command that moves as much as it can: all of its messages are traced only when the environment names the sampler.
    /// </summary>
    public static TracingOptions UnderLoad { get; private set; } = new();

    /// <summary>Before a command opens devices: traces what is exported.</summary>
    public static void Follow(ExportSettings settings)
    {
        if (!settings.Traces) return;
        // The variables name a sampler, and it is that one.
        Options = new TracingOptions { SampleRatio = settings.SampleRatio };
        if (settings.Variables.ContainsKey(ExportVariables.TracesSampler)) UnderLoad = Options;
    }
}
