using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Graph;

/// <summary>Sees bursts enter and leave stages: for traces. Called on the stages' shards; it must not throw.</summary>
public abstract class StageObserver
{
    private volatile bool _isWatching;

    /// <summary>Whether any burst is of interest: all that a stage asks while none is.</summary>
    public bool IsWatching
    {
        get => _isWatching;
        protected set => _isWatching = value;
    }

    /// <summary>Tells that a stage is about to process a burst, when that is of interest.</summary>
    /// <returns>The span that the time it takes is measured for; null when it is of no more interest than others.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Activity? Enter(string stage, IBurst burst)
    {
        if (!_isWatching)
        {
            return null;
        }

        Entered(stage, burst);
        return SpanOf(burst);
    }

    /// <summary>The span that a measurement of a burst is for; null for none.</summary>
    internal Activity? Find(IBurst burst) => _isWatching ? SpanOf(burst) : null;

    /// <summary>Tells that a stage passes a burst on, when that is of interest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Leave(string stage, IBurst burst)
    {
        if (_isWatching)
        {
            Left(stage, burst);
        }
    }

    /// <summary>A stage is about to process a burst.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="burst">The burst, to be looked at during the call.</param>
    protected abstract void Entered(string stage, IBurst burst);

    /// <summary>The span of a message that a burst has packets of: current while what stages take for the burst is recorded.</summary>
    /// <param name="burst">The burst, to be looked at during the call.</param>
    /// <returns>Null when no traced message is known to be in it.</returns>
    protected virtual Activity? SpanOf(IBurst burst) => null;

    /// <summary>A stage passes a burst on; whoever takes it has not seen it yet.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="burst">The burst, to be looked at during the call.</param>
    protected abstract void Left(string stage, IBurst burst);
}
