using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <content>The control plane: attributes and changes of state (verbs.md section 6.1).</content>
public sealed partial class QueuePairMachine
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
        new QueuePairModifyCheck(_scope.Options, _scope.Host).Check(attributes, _scope.State, _scope.Context.Type);
        var from = _scope.State;
        var to = attributes.State ?? attributes.CurrentState ?? from;
        // R-REQ-49: on the way to SQD only RESET and ERR are open.
        if (_sends.IsDraining && to is not (QueuePairState.Reset or QueuePairState.Error))
            throw RdmaException.Invalid($"state cannot change from {from} to {to} while the send queue is draining; wait for SQ_DRAINED");
        _scope.Settings.Apply(attributes, _scope.Host);
        Enter(from, to, attributes);
        return Due | Work.DeadlineChanged;
    }

    /// <summary>The attributes in force (R-VERB-11).</summary>
    public QueuePairAttributes Query()
    {
        var settings = _scope.Settings;
        return new QueuePairAttributes
        {
            State = _scope.State,
            CurrentState = _scope.State,
            NotifySendQueueDrained = _sends.TellsDrained,
            Access = settings.Access,
            PkeyIndex = settings.PartitionKeyIndex,
            Port = settings.Port,
            Qkey = settings.QueueKey,
            AddressVector = settings.Path,
            PathMtu = settings.PathMtu,
            Timeout = settings.Timeout,
            RetryCount = settings.RetryCount,
            RnrRetry = settings.RnrRetry,
            ReceivePsn = _receives.ExpectedPsn.Value,
            SendPsn = _sends.NextPsn.Value,
            MaxReadAtomic = settings.MaxReadAtomic,
            MaxDestinationReadAtomic = settings.MaxDestinationReadAtomic,
            MinRnrTimer = settings.MinimumRnrTimer,
            PathMigrationState = PathMigrationState.Migrated,
            Capabilities = _scope.Context.Caps,
            DestinationQueuePair = settings.DestinationQueuePair,
            IsSendQueueDraining = _sends.IsDraining,
        };
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
                _responder.Start();
                break;
            case QueuePairState.ReadyToSend when from == QueuePairState.ReadyToReceive:
                _sends.Restart(_scope.Settings.SendPsn);
                _retry.Restart();
                break;
            case QueuePairState.SendQueueDrained when from == QueuePairState.SendQueueDrained:
                _retry.Restart();
                if (attributes.MaxDestinationReadAtomic is not null) _responder.ResizeReadAtomic();
                break;
        }

        _scope.Context.State = to;
        if (to == QueuePairState.SendQueueDrained && from == QueuePairState.ReadyToSend) BeginDrain(attributes);
    }

    private void BeginDrain(QueuePairAttributes attributes)
    {
        _sends.IsDraining = true;
        _sends.TellsDrained = attributes.NotifySendQueueDrained == true;
        _completions.TellDrained();
    }

    // R-REQ-53, R-RESP-50: everything is discarded without completions.
    private void EnterReset()
    {
        _scope.Context.State = QueuePairState.Reset;
        _scope.Settings.Reset();
        _responder.Reset();
        DiscardPosted();
        _retry.Restart();
        _requester.Reset();
        _completer.Reset();
    }

    private void DiscardPosted()
    {
        _scope.Context.SendRing.Reset();
        _scope.Context.ReceiveRing.Reset();
        _sends.Restart(default);
    }
}
