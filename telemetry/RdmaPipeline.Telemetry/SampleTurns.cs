using System.Runtime.CompilerServices;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// Takes the first of what happens, and then one in <see cref="StageMeter.SampleInterval"/>. Used by one thread at a time; a field of this
/// type is not read-only, for each answer changes it.
/// </summary>
public struct SampleTurns
{
    private uint _passed;

    /// <summary>Whether this one is taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsNextTaken() => _passed++ % StageMeter.SampleInterval == 0;
}
