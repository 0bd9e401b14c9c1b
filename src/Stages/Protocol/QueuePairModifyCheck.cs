using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// Judges the attributes of a Modify before anything is changed (R-VERB-14 to R-VERB-16). Errors name attribute, value and limit.
/// </summary>
internal sealed class QueuePairModifyCheck(QueuePairOptions limits, IQueuePairHost host)
{
    private const uint MaxQueuePairNumber = 0xFFFFFF;
    private const int MaxRetry = 7;
    private const int MaxTimerCode = 31;

    private const AccessFlags AccessOfQueuePair = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead
        | AccessFlags.RemoteAtomic | AccessFlags.MemoryWindowBind | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    /// <summary>Throws EINVAL unless every attribute may be set now, EOPNOTSUPP where none ever may.</summary>
    /// <param name="given">The attributes.</param>
    /// <param name="state">The state the queue pair is in.</param>
    /// <param name="type">Its type.</param>
    public void Check(QueuePairAttributes given, QueuePairState state, QueuePairType type)
    {
        // R-VERB-14: not one of the standard's 21, and of raw packets only.
        if (given.RateLimit is { } rate)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"rate_limit is {rate}: this device limits no rates");
        var from = AssumedState(given, state);
        var to = given.State ?? from;
        var transition = QueuePairStateTable.Find(from, to, type)
            ?? throw RdmaException.Invalid($"state cannot change from {from} to {to} on a queue pair of type {type}");
        var missing = transition.Required & ~given.Mask;
        if (missing != QueuePairAttributeMask.None)
            throw RdmaException.Invalid($"{missing} must be given for the change from {from} to {to}");
        var extra = given.Mask & ~transition.Allowed;
        if (extra != QueuePairAttributeMask.None)
            throw RdmaException.Invalid($"{extra} cannot be given for the change from {from} to {to}");
        CheckValues(given);
        if (given.AddressVector is { } path) CheckPath(path);
    }

    // R-VERB-15. RTS, SQD and SQE may be taken for each other, since the queue pair moves between them by itself; other states are what
    // they are.
    private static QueuePairState AssumedState(QueuePairAttributes given, QueuePairState state)
    {
        if (given.CurrentState is not { } assumed) return state;
        if (!MayBeAssumed(assumed))
            throw RdmaException.Invalid($"cur_state is {assumed}; it may only be RTR, RTS, SQD or SQE");
        // SQE is told by a completion: who takes it for another state has not seen that what he posted since was flushed.
        if (assumed != state && (!IsSending(assumed) || !IsSending(state) || state == QueuePairState.SendQueueError))
            throw RdmaException.Invalid($"cur_state is {assumed}, but the queue pair is in {state}");
        return assumed;
    }

    private static bool MayBeAssumed(QueuePairState state) =>
        state is >= QueuePairState.ReadyToReceive and <= QueuePairState.SendQueueError;

    private static bool IsSending(QueuePairState state) => state is >= QueuePairState.ReadyToSend and <= QueuePairState.SendQueueError;

    private void CheckValues(QueuePairAttributes given)
    {
        Within("port", given.Port, 1, limits.PortCount);
        Within("pkey_index", given.PkeyIndex, 0, limits.PartitionKeyTableLength - 1);
        Within("timeout", given.Timeout, 0, MaxTimerCode);
        Within("retry_cnt", given.RetryCount, 0, MaxRetry);
        Within("rnr_retry", given.RnrRetry, 0, MaxRetry);
        Within("min_rnr_timer", given.MinRnrTimer, 0, MaxTimerCode);
        Within("max_rd_atomic", given.MaxReadAtomic, 0, limits.MaxReadAtomicDepth);
        Within("max_dest_rd_atomic", given.MaxDestinationReadAtomic, 0, limits.MaxReadAtomicDepth);
        if (given.PathMtu is { } mtu && (!Enum.IsDefined(mtu) || mtu.ToBytes() > limits.ActiveMtuBytes))
            throw RdmaException.Invalid($"path_mtu is {mtu}; the active MTU of the port is {limits.ActiveMtuBytes} bytes");
        if (given.DestinationQueuePair > MaxQueuePairNumber)
            throw RdmaException.Invalid($"dest_qp_num is 0x{given.DestinationQueuePair:x}; the limit is 0x{MaxQueuePairNumber:x}");
        if ((given.Access & ~AccessOfQueuePair) is { } unknown and not AccessFlags.None)
            throw RdmaException.Invalid($"qp_access_flags has {unknown}; allowed are {AccessOfQueuePair}");
        // R-VERB-21: RoCE has no path migration, and a native port of this device no second way.
        if (given.AlternatePath is not null) throw RdmaException.Invalid("alt_ah_attr is set; this device has no path migration");
        if (given.PathMigrationState is { } migration and not PathMigrationState.Migrated)
            throw RdmaException.Invalid($"path_mig_state is {migration}; without path migration it is always Migrated");
    }

    private void CheckPath(AddressVector path)
    {
        Within("ah_attr.port_num", path.Port, 1, limits.PortCount);
        if (!path.IsGlobal && limits.LinkLayer == LinkLayer.InfiniBand) return;
        if (!path.IsGlobal) throw RdmaException.Invalid("ah_attr.is_global is false; RoCE needs a global route");
        Within("ah_attr.grh.sgid_index", path.SourceGidIndex, 0, limits.GidTableLength - 1);
        if (host.FindGid(path.Port, path.SourceGidIndex) is null)
            throw RdmaException.Invalid($"ah_attr.grh.sgid_index is {path.SourceGidIndex}, which is an empty entry of the GID table");
    }

    private static void Within(string name, int? value, int least, int most)
    {
        if (value < least || value > most) throw RdmaException.Invalid($"{name} is {value}; it must be {least} to {most}");
    }
}
