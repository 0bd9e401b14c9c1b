namespace RdmaPipeline.Cli.Export;

/// <summary>How the devices that a command opens are traced.</summary>
internal static class TracedDevices
{
    /// <summary>As the environment says; without an export, the library's default, which costs nothing while nobody listens.</summary>
    public static TracingOptions Options { get; private set; } = new();

    /// <summary>Before a command opens devices: traces what is exported.</summary>
    public static void Follow(ExportSettings settings)
    {
        if (settings.Traces) Options = new TracingOptions { SampleInterval = settings.SampleInterval };
    }
}
