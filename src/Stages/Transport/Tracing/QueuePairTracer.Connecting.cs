using System.Diagnostics;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Tracing;

/// <content>How the queue pair gets its peer: the span that those of its messages link to.</content>
internal sealed partial class QueuePairTracer
{
    private ActivityContext _connection;
    private ActivityContext _connector;
    private long _connecting;

    /// <summary>The queue pair has changed its state.</summary>
    /// <param name="from">The state before.</param>
    /// <param name="to">The state now.</param>
    /// <param name="began">When that was asked for.</param>
    /// <param name="caller">What was current where it was asked for.</param>
    public void StateChanged(QueuePairState from, QueuePairState to, long began, in ActivityContext caller)
    {
        if (to == from)
            return;
        switch (to)
        {
            case QueuePairState.Reset:
                Abandon();
                _connection = _failure = default;
                break;
            case QueuePairState.ReadyToReceive:
                (_connecting, _connector) = (began, caller);
                break;
            case QueuePairState.ReadyToSend when from == QueuePairState.ReadyToReceive:
                TellConnected();
                break;
            default:
                break;
        }
    }

    private void TellConnected()
    {
        var attributes = _entry.Machine.Query();
        uint first = attributes.SendPsn ?? 0;
        Renumber(_entry.Context.Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator ? 1 : first);
        if (_entry.HasPathPerRequest || !DeviceTracer.HasListeners)
            return;
        var peer = PeerOfPath;
        long offset = Device.Clock.Offset;
        var span = Spans.Start(
            SpanNames.WithPeer(SpanNames.Connect, peer.ToString()), ActivityKind.Internal, _connector,
            TraceClock.ToUtc(_connecting, offset));
        if (span is null)
            return;
        _connection = span.Context;
        if (span.IsAllDataRequested)
        {
            AddCommon(span, SpanNames.Connect, _entry.PeerNumber, peer);
            span.SetTag(AttributeNames.QueuePairState, "rts");
            span.SetTag(AttributeNames.PathMtu, _entry.Machine.PathMtuBytes);
            span.SetTag(AttributeNames.FirstPsn, (long)first);
            span.SetTag(AttributeNames.GraphRevision, Device.Revision());
        }
        Spans.Stop(span, TraceClock.ToUtc(Device.Clock.Nanoseconds, offset));
    }

    private PeerAddress PeerOfPath => new(_entry.Path.Destination, _entry.Path.DestinationLid);
}
