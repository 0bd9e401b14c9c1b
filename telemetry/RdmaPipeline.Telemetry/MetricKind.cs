namespace RdmaPipeline.Telemetry;

/// <summary>The kinds of instrument the catalogue knows.</summary>
public enum MetricKind
{
    /// <summary>A monotonic sum.</summary>
    Counter,

    /// <summary>A sum that may shrink.</summary>
    UpDownCounter,

    /// <summary>A value of now.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,
}
