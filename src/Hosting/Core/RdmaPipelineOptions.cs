namespace RdmaPipeline.Hosting;

/// <summary>
/// What holds for all devices of a service. Checked when the host starts; an error names the option, its value and the limit.
/// </summary>
public sealed class RdmaPipelineOptions
{
    /// <summary>How long a device that is closed at shutdown may take to finish what was posted to it: 0 to an hour.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often health and incidents are looked at, and so how often at most a line about the same thing is logged: 10 ms to a minute.
    /// </summary>
    public TimeSpan MonitorPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The part of a period, above 0 and up to 1, which a stage has to be blocked for the service to count as degraded.
    /// </summary>
    public double BlockedThreshold { get; set; } = 0.5;

    /// <summary>
    /// Whether <c>rdmapipe</c> of the same user may look into this process; null: if the variable <c>RDMAPIPE_CONTROL</c> is 1.
    /// </summary>
    public bool? Control { get; set; }

    /// <summary>What could not be read from a configuration.</summary>
    internal List<string> Errors { get; } = [];

    /// <summary>Devices whose graphs are to be changed, by name.</summary>
    internal List<string> EditedDevices { get; } = [];
}
