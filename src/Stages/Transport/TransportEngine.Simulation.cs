using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <content>What only simulations ask for.</content>
internal sealed partial class TransportEngine
{
    private readonly Func<nint, ulong, ulong>? _addressOf;
    private readonly uint? _initialPsn;

    public Action<IThreadPoolWorkItem>? Continuations { get; }

    public ulong AddressOf(nint pointer, ulong length) => _addressOf?.Invoke(pointer, length) ?? (nuint)pointer;

    /// <summary>A fault outside the protocol: the queue pair goes to ERR and raises QP_FATAL.</summary>
    public void Fail(QueuePairContext context)
    {
        var entry = EntryOf(context);
        Pipeline.Run(entry.Shard, () =>
        {
            entry.Machine.Fail(WorkCompletionStatus.FatalError, entry.Shard.ReadClock());
        });
    }
}
