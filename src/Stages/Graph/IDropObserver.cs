using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>Sees what stages drop: for traces and captures. Called on the shard, and only when something is dropped.</summary>
public interface IDropObserver
{
    /// <summary>A stage has dropped items of the burst it is processing.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="burst">The burst, to be looked at during the call; null when the stage was processing none.</param>
    /// <param name="reason">Why.</param>
    /// <param name="items">How many.</param>
    void Dropped(string stage, IBurst? burst, DropReason reason, int items);
}
