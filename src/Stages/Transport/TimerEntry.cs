namespace RdmaPipeline.Transport;

/// <summary>Something with one deadline that a <see cref="TimerWheel"/> can hold: linked into a slot, never allocated per use.</summary>
internal abstract class TimerEntry
{
    internal TimerEntry? Next;
    internal TimerEntry? Previous;
    internal long Tick;
    internal short Level = Unlinked;
    internal byte Slot;

    internal const short Unlinked = -1;

    /// <summary>Whether the entry waits in a wheel.</summary>
    public bool IsArmed => Level != Unlinked;
}
