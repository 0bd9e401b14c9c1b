using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A target that postpones every offer and leaves reserving and consuming to the test.</summary>
public sealed class HoldingTarget : ITargetBlock<TestBurst>
{
    private readonly Channel<(DataflowMessageHeader Header, TestBurst Burst, ISourceBlock<TestBurst> Source)> _offers =
        Channel.CreateUnbounded<(DataflowMessageHeader, TestBurst, ISourceBlock<TestBurst>)>();

    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Completion => _completion.Task;

    public DataflowMessageStatus Answer { get; init; } = DataflowMessageStatus.Postponed;

    public Task<(DataflowMessageHeader Header, TestBurst Burst, ISourceBlock<TestBurst> Source)> NextOffer() =>
        _offers.Reader.ReadAsync().AsTask().Soon();

    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, TestBurst messageValue, ISourceBlock<TestBurst>? source, bool consumeToAccept)
    {
        _offers.Writer.TryWrite((messageHeader, messageValue, source!));
        return Answer;
    }

    public void Complete() => _completion.TrySetResult();

    public void Fault(Exception exception) => _completion.TrySetException(exception);
}
