namespace RdmaPipeline.Graph.Reshaping;

/// <summary>A step of a change has failed.</summary>
/// <param name="what">What could not be done, in words.</param>
/// <param name="inner">Why.</param>
internal sealed class EditStepException(string what, Exception inner) : Exception($"{what}: {inner.Message}", inner)
{
    /// <summary>Does something that a change needs.</summary>
    public static void Do(string what, Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // whatever a stage or the graph's owner throws takes the change back
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new EditStepException(what, e);
        }
    }
}
