using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <content>Events, and the drained send queue.</content>
public sealed partial class ModelQueuePair
{
    private int? _completedWhenDrained;
    private bool _isEstablished;

    /// <summary>An event of it was read.</summary>
    /// <param name="type">What happened.</param>
    /// <exception cref="ModelViolationException">It cannot have.</exception>
    public void Happened(AsyncEventType type)
    {
        switch (type)
        {
            case AsyncEventType.CommunicationEstablished:
                // R-RESP-48.
                Require(!_isEstablished, "was established twice");
                _isEstablished = true;
                break;
            case AsyncEventType.QueuePairAccessError or AsyncEventType.QueuePairRequestError:
                Require(MayRefuse, $"raised {type}, but no request of its peer was wrong");
                break;
            case AsyncEventType.LastWorkRequestReached:
                Require(Receives is not { IsShared: false }, $"raised {type}, but has receives of its own");
                Require(IsDown, $"raised {type}, but has not failed");
                break;
            case AsyncEventType.QueuePairFatal:
                Require(false, $"raised {type}");
                break;
        }
    }

    /// <summary>It said that its send queue is drained, and all completions before that were taken.</summary>
    public void Drained() => _completedWhenDrained ??= _completed;

    /// <summary>It is told to go on.</summary>
    /// <exception cref="ModelViolationException">It had begun something meanwhile (R-REQ-49).</exception>
    public void EndDrain()
    {
        Require(_completedWhenDrained is null || _completedWhenDrained == _completed || HasFailed || IsFlushing,
            $"completed {_completed - _completedWhenDrained} sends while it was drained");
        _completedWhenDrained = null;
    }
}
