namespace RdmaPipeline.OpenTelemetry;

/// <summary>How the library's histograms are kept.</summary>
public enum HistogramLayout
{
    /// <summary>In the buckets that the library advises, from microseconds to a second or a minute.</summary>
    Advised,

    /// <summary>In up to 160 buckets that follow the values, powers of a base that is chosen as they come (base-2 exponential).</summary>
    Exponential,
}
