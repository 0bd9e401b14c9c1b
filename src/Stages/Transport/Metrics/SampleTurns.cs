using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>
/// Takes the first of what happens, and then one in <see cref="StageMeter.SampleInterval"/>. Used by one thread at a time.
/// </summary>
internal struct SampleTurns
{
    private int _passed;

    /// <summary>Whether this one is taken.</summary>
    public bool IsNextTaken() => (_passed++ & (StageMeter.SampleInterval - 1)) == 0;
}
