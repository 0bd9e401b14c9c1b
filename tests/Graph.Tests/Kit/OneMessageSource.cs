using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A source with one message, which may be gone when the target asks for it.</summary>
public sealed class OneMessageSource(TestBurst? burst) : ISourceBlock<TestBurst>
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Consumed { get; private set; }

    public Task Released => _released.Task;

    public Task Completion => Task.CompletedTask;

    public void Complete()
    {
        // It has nothing to complete.
    }

    public void Fault(Exception exception)
    {
        // Nor to fault.
    }

    public IDisposable LinkTo(ITargetBlock<TestBurst> target, DataflowLinkOptions linkOptions) => throw new NotSupportedException();

    public TestBurst? ConsumeMessage(DataflowMessageHeader messageHeader, ITargetBlock<TestBurst> target, out bool messageConsumed)
    {
        messageConsumed = burst is not null;
        Consumed += messageConsumed ? 1 : 0;
        return burst;
    }

    public bool ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<TestBurst> target) => true;

    public void ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<TestBurst> target) => _released.TrySetResult();
}
