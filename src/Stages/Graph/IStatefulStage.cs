namespace RdmaPipeline.Graph;

/// <summary>
/// A stage whose state goes to the stage that takes its place under the same name, if that is one of these too. Stages of protocols hold no
/// state and need none of this.
/// </summary>
public interface IStatefulStage
{
    /// <summary>
    /// On the shard, with nothing of the graph in the stage: gives what the next one needs. The stage must be able to go on afterwards: if
    /// the change fails, it does. An exception takes the change back.
    /// </summary>
    object? SaveState();

    /// <summary>
    /// On the shard, after the stage was attached and before it gets anything: takes over. An exception takes the change back.
    /// </summary>
    /// <param name="state">What the previous stage gave.</param>
    void RestoreState(object? state);
}
