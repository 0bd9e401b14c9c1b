using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <content>The control plane: attributes and changes of state (verbs.md section 6.1).</content>
public abstract partial class QueuePairMachine
{
    /// <summary>Changes attributes and state, all or nothing (R-VERB-14).</summary>
    /// <param name="attributes">What to change; unset attributes stay.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="RdmaException">
    /// EINVAL: the change or a value is not legal; the message names attribute, value and limit.
    /// </exception>
    public Work Modify(QueuePairAttributes attributes, Instant now)
    {
        ArgumentNullException.ThrowIfNull(attributes);
#if CANARY_REFUSED_MODIFY
        Scope.Settings.Apply(attributes with { AddressVector = null }, Scope.Host);
#endif
        new QueuePairModifyCheck(Scope.Options, Scope.Host).Check(attributes, Scope.State, Scope.Context.Type);
        var from = Scope.State;
        var to = attributes.State ?? attributes.CurrentState ?? from;
        // R-REQ-49: on the way to SQD only RESET and ERR are open.
        if (Sends.IsDraining && to is not (QueuePairState.Reset or QueuePairState.Error))
            throw RdmaException.Invalid($"state cannot change from {from} to {to} while the send queue is draining; wait for SQ_DRAINED");
        Sends.Holds.Advance(now, Counters);
        Scope.Settings.Apply(attributes, Scope.Host);
        Enter(from, to, attributes);
        return Due | Work.DeadlineChanged;
    }

    /// <summary>The attributes in force (R-VERB-11).</summary>
    public QueuePairAttributes Query()
    {
        var settings = Scope.Settings;
        return new QueuePairAttributes
        {
            State = Scope.State,
            CurrentState = Scope.State,
            NotifySendQueueDrained = Sends.TellsDrained,
            Access = settings.Access,
            PkeyIndex = settings.PartitionKeyIndex,
            Port = settings.Port,
            Qkey = settings.QueueKey,
            AddressVector = settings.Path,
            PathMtu = settings.PathMtu,
            Timeout = settings.Timeout,
            RetryCount = settings.RetryCount,
            RnrRetry = settings.RnrRetry,
            ReceivePsn = ExpectedPsn.Value,
            SendPsn = Sends.NextPsn.Value,
            MaxReadAtomic = settings.MaxReadAtomic,
            MaxDestinationReadAtomic = settings.MaxDestinationReadAtomic,
            MinRnrTimer = settings.MinimumRnrTimer,
            PathMigrationState = PathMigrationState.Migrated,
            Capabilities = Scope.Context.Caps,
            DestinationQueuePair = settings.DestinationQueuePair,
            IsSendQueueDraining = Sends.IsDraining,
        };
    }

    /// <summary>The port's P_Key table has changed: the key at the queue pair's index counts from now on (R-WIRE-27).</summary>
    public void ReloadPartitionKey() => Scope.Settings.LoadPartitionKey(Scope.Host);

    /// <summary>INIT to RTR.</summary>
    private protected abstract void StartReceiving();

    /// <summary>RTR to RTS, and SQE to RTS.</summary>
    private protected abstract void StartSending();

    /// <summary>SQD to SQD.</summary>
    private protected abstract void TakeChanged(QueuePairAttributes attributes);

    /// <summary>To RESET: the receive side forgets everything but the rings, which are the base's to reset (R-RESP-50).</summary>
    private protected abstract void ResetReceiving();

    /// <summary>To RESET: the send side forgets what was on the way (R-REQ-53).</summary>
    private protected abstract void ResetSending();

    /// <summary>Completes what is posted to the receive queue of a queue pair in ERR (R-RESP-50, R-CQ-19).</summary>
    private protected abstract void FlushReceives();

    private protected virtual void StopTimers()
    {
    }

    private void Enter(QueuePairState from, QueuePairState to, QueuePairAttributes attributes)
    {
        if (to == QueuePairState.Error)
        {
            // R-CQ-18: by the user's will, so no event.
            EnterError(null, WorkCompletionStatus.WorkRequestFlushedError);
            return;
        }

        switch (to)
        {
            case QueuePairState.Reset:
                EnterReset();
                break;
            case QueuePairState.Init when from == QueuePairState.Reset:
                DiscardPosted();
                break;
            case QueuePairState.ReadyToReceive when from == QueuePairState.Init:
                StartReceiving();
                break;
            case QueuePairState.ReadyToSend when from == QueuePairState.ReadyToReceive:
                Sends.Restart(Scope.Settings.SendPsn);
                StartSending();
                break;
            case QueuePairState.ReadyToSend when from == QueuePairState.SendQueueError:
                // R-REQ-51: what was posted in SQE is flushed, what is posted from now on goes on with the next PSN.
                Completions.Flush();
                Sends.Restart(Sends.NextPsn);
                StartSending();
                break;
            case QueuePairState.SendQueueDrained when from == QueuePairState.SendQueueDrained:
                TakeChanged(attributes);
                break;
        }

        Scope.Context.State = to;
        if (to == QueuePairState.SendQueueDrained && from == QueuePairState.ReadyToSend) BeginDrain(attributes);
    }

    private void BeginDrain(QueuePairAttributes attributes)
    {
        Sends.IsDraining = true;
        Sends.TellsDrained = attributes.NotifySendQueueDrained == true;
        Completions.TellDrained();
        Sends.AskInTheEnd();
    }

    // R-REQ-53, R-RESP-50: everything is discarded without completions.
    private void EnterReset()
    {
        Scope.Context.State = QueuePairState.Reset;
        Scope.Settings.Reset();
        Scope.Tracing.Reset();
        ResetReceiving();
        DiscardPosted();
        ResetSending();
    }

    private void DiscardPosted()
    {
        Scope.Context.SendRing.Reset();
        Scope.Context.ReceiveRing.Reset();
        Sends.Restart(default);
    }
}
