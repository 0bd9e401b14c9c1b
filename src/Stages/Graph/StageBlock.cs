using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Graph.Scheduling;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>
/// A stage as a bounded Dataflow block on its shard. Offered a burst by the shard's own thread while idle and empty it runs at once;
/// otherwise it queues up to its capacity and postpones beyond it. While a burst waits at an output, or the stage has deferred one,
/// nothing more is processed.
/// </summary>
/// <typeparam name="T">The burst that moves through the block.</typeparam>
public sealed partial class StageBlock<T> : StageHost<T>, IPropagatorBlock<T, T>, IGraphBlock
    where T : class, IBurst
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StageBlockOptions _options;
    private readonly BlockEvents _events;
    private readonly BlockInput<T> _input;
    private readonly OutputPort<T>[] _ports;
    private readonly ShardTurn _turn;
    private Exception? _fault;
    private int _held;
    private int _stashed;
    private int _woken;
    private bool _pumpDue;

    internal StageBlock(IStage<T> stage, StageBlockOptions options, BlockEvents events, StageMeter? meter = null)
        : base(stage, options.Name ?? stage.Name, options.Scheduler, options.Owner, meter)
    {
        _options = options;
        _events = events;
        _input = new BlockInput<T>(options.Capacity);
        _ports = [.. stage.Outputs.Select(name => new OutputPort<T>(this, name))];
        _turn = new ShardTurn(options.Scheduler, TakeTurn);
    }

    /// <summary>
    /// Completes when the block was told to complete and has passed on everything, or with the exception that faulted it.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Bursts the block holds at most.</summary>
    public int Capacity => _input.Capacity;

    /// <summary>What waits in the block's own queue; what its targets have not taken is not in it.</summary>
    public QueueSize Queued => CountQueued(from: null);

    /// <summary>The output ports, in the order of <see cref="IStage{T}.Outputs"/>.</summary>
    public IReadOnlyList<ISourceBlock<T>> Outputs => _ports;

    /// <inheritdoc/>
    public override bool IsBlocked => Volatile.Read(ref _stashed) != 0 || Deferred is not null;

    /// <inheritdoc/>
    public override bool HasRoom => Volatile.Read(ref _stashed) == 0;

    /// <inheritdoc/>
    public override bool IsEnding => _input.Declines || GivesOut;

    internal bool IsTurnRequested => _turn.IsRequested;

    internal IReadOnlyList<OutputPort<T>> Ports => _ports;

    internal BlockInput<T> Input => _input;

    private OutputPort<T> First => _ports.Length > 0
        ? _ports[0]
        : throw new InvalidOperationException($"Stage '{Name}' has no output.");

    /// <inheritdoc/>
    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, T messageValue, ISourceBlock<T>? source, bool consumeToAccept)
    {
        if (!messageHeader.IsValid)
        {
            throw new ArgumentException("The message header is not valid.", nameof(messageHeader));
        }

        if (consumeToAccept && source is null)
        {
            throw new ArgumentException("A message without a source cannot be consumed.", nameof(consumeToAccept));
        }

        if (!consumeToAccept && _options.Hop == HopPolicy.Inline && Scheduler.IsShardThread
            && TryRunInline(messageValue, (source as OutputPort<T>)?.Edge?.Meter))
        {
            return DataflowMessageStatus.Accepted;
        }

        DataflowMessageStatus status = _input.Offer(messageHeader, messageValue, source, consumeToAccept, this);
        if (status == DataflowMessageStatus.Accepted)
        {
            RequestTurn();
        }

        return status;
    }

    /// <summary>Takes nothing more; what is inside still goes its way.</summary>
    public void Complete()
    {
        _input.Decline();
        Wake();
    }

    /// <summary>Takes nothing more and discards, counted, what is inside.</summary>
    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Interlocked.CompareExchange(ref _fault, exception, null);
        Complete();
    }

    /// <inheritdoc/>
    public IDisposable LinkTo(ITargetBlock<T> target, DataflowLinkOptions linkOptions) => First.LinkTo(target, linkOptions);

    /// <inheritdoc/>
    T? ISourceBlock<T>.ConsumeMessage(DataflowMessageHeader messageHeader, ITargetBlock<T> target, out bool messageConsumed) =>
        First.ConsumeMessage(messageHeader, target, out messageConsumed);

    /// <inheritdoc/>
    bool ISourceBlock<T>.ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<T> target) =>
        First.ReserveMessage(messageHeader, target);

    /// <inheritdoc/>
    void ISourceBlock<T>.ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<T> target) =>
        First.ReleaseReservation(messageHeader, target);

    /// <inheritdoc/>
    public override void Wake()
    {
        Volatile.Write(ref _woken, 1);
        RequestTurn();
    }

    /// <inheritdoc/>
    public override bool Pump()
    {
        if (!IsPump || IsRunning || IsBlocked || _input.Declines || _isResting)
        {
            return false;
        }

        long before = Meter.CreatedItems;
        bool more = ExecutePump();
        Settle();
        FinishTurn();
        return more || Meter.CreatedItems != before;
    }

    internal bool RunsInlineFor(StageBlock<T> source) => _options.Hop == HopPolicy.Inline && source.Scheduler == Scheduler;

    internal bool TryRunInline(T burst, EdgeMeter? edge)
    {
        if (IsRunning || !_input.IsIdle)
        {
            return false;
        }

        Execute(burst, edge);
        if (IsBlocked)
        {
            Settle();
        }

        return true;
    }

    internal void RequestTurn() => _turn.Request();

    internal void CountStashed(int difference) => Interlocked.Add(ref _stashed, difference);

    internal bool HasPostponed(OutputPort<T> port) => _input.IsPostponed(port);

    internal QueueSize CountQueued(OutputPort<T>? from)
    {
        QueueSize queued = _input.Count(from);
        bool deferredHere = Deferred is not null && (from is null || DeferredEdge == from.Edge?.Meter);
        return deferredHere ? queued + new QueueSize(DeferredItems, 1) : queued;
    }

    private protected override void Pass(int port, T burst, int items) => _ports[port].Emit(burst, items);

    private protected override void OnFailure()
    {
        Interlocked.CompareExchange(ref _fault, Failure, null);
        Complete();
    }
}
