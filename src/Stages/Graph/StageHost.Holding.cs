using System.Diagnostics.CodeAnalysis;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <content>What the stage keeps back for a while.</content>
public abstract partial class StageHost<T>
{
    private readonly IHoldingStage<T>? _holder;

    /// <summary>What the stage keeps back: taken in, and neither given out nor accounted for.</summary>
    internal QueueSize Held => _holder?.Held ?? default;

    /// <summary>On the shard: the stage is about to go, so what it holds goes out, whatever it waits for.</summary>
    internal bool GivesOut { get; set; }

    /// <summary>On the shard: what the stage holds goes out, and what it has deferred is tried again.</summary>
    internal void GiveOut()
    {
        GivesOut = true;
        Wake();
    }

    /// <summary>Passes on the oldest burst that the stage holds.</summary>
    /// <returns>False when it holds none.</returns>
    private protected bool GiveOutHeld()
    {
        if (_holder is null)
        {
            return false;
        }

        if (TryTakeBack(out T? burst))
        {
            Emit(0, burst);
            return true;
        }

        if (Failure is null && Held.Bursts != 0)
        {
            Fail(new InvalidOperationException($"Stage '{Name}' was told to complete, holds {Held.Bursts} bursts and gives none back."));
        }

        return false;
    }

    private protected void DiscardHeld()
    {
        while (TryTakeBack(out T? burst))
        {
            Meter.CountDropped(DropReason.Reconfiguration, burst.Count);
            burst.Release();
        }
    }

    private bool TryTakeBack([NotNullWhen(true)] out T? burst)
    {
        burst = null;
        try
        {
            return _holder is not null && _holder.TryGiveBack(out burst);
        }
#pragma warning disable CA1031 // a bug of the stage, as in any other call of it
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
            return false;
        }
    }
}
