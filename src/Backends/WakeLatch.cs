namespace RdmaPipeline.Backends;

/// <summary>
/// The hand-shake between a driver about to park and whoever has news for it. Each side writes its own flag, fences, then reads the
/// other's, so one of them always sees the other and no wake-up is lost; a wake-up with nobody waiting costs no system call.
/// </summary>
internal sealed class WakeLatch
{
    private int _waiting;
    private int _woken;

    /// <summary>Remembers a wake-up for the current or next wait. Any thread.</summary>
    /// <returns>True when somebody may be parked and must be roused through the medium.</returns>
    public bool Set()
    {
        Volatile.Write(ref _woken, 1);
        return NeedsRousing();
    }

    /// <summary>Whether a driver may be parked; what the caller wrote before is visible to a driver that arms later. Any thread.</summary>
    public bool NeedsRousing()
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _waiting) != 0;
    }

    /// <summary>Announces a wait; the driver must look for traffic once more after this and before it parks.</summary>
    /// <returns>False when a wake-up is already remembered.</returns>
    public bool Arm()
    {
        Volatile.Write(ref _waiting, 1);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _woken) == 0;
    }

    /// <summary>Ends a wait and forgets the wake-up that ended it.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Disarm()
    {
        Volatile.Write(ref _waiting, 0);
        return Interlocked.Exchange(ref _woken, 0) != 0;
    }
}
