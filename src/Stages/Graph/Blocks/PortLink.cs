using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>A link from an output port to a target.</summary>
internal sealed class PortLink<T>(OutputPort<T> port, ITargetBlock<T> target, DataflowLinkOptions options) : IDisposable
    where T : class, IBurst
{
    private int _remaining = options.MaxMessages;

    public ITargetBlock<T> Target => target;

    public bool IsLimited => options.MaxMessages != DataflowBlockOptions.Unbounded;

    /// <summary>Counts a message that went over the link.</summary>
    /// <returns>Whether it was the last that may.</returns>
    public bool CountDown() => IsLimited && --_remaining == 0;

    /// <summary>Tells the target, if the link is to, how its source has ended.</summary>
    public void Propagate(Task completion)
    {
        if (!options.PropagateCompletion)
        {
            return;
        }

        if (completion.Exception is { } exception)
        {
            target.Fault(exception);
        }
        else
        {
            target.Complete();
        }
    }

    public void Dispose() => port.Unlink(this);
}
