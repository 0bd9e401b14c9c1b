using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// Looks ahead for messages that the sampler will choose. Where a burst has been before its message is known can only be told if somebody
/// looked. Each number is looked at once, whichever of them begin messages: where the number is a PSN, longer messages leave some out.
/// </summary>
internal sealed class Foresight
{
    // Messages that may lie in the rings already when one is executed.
    private const int Distance = 64;

    // Nobody looks so far ahead.
    private const int TooFar = 1 << 12;

    private ulong _connection;
    private ulong _threshold;
    private uint _seen;
    private uint _next;

    /// <summary>One is due.</summary>
    public bool IsDue { get; private set; }

    /// <summary>A message has come.</summary>
    /// <param name="connection">What <see cref="MessageSampler.Connection"/> gives.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="threshold">What the sampler goes by now.</param>
    /// <param name="isOneOfMany">Messages of others come in between: those of one at a time are waited for.</param>
    /// <returns>Messages from this one on, 1 at least, of which none but this one may be chosen and none need be told to this.</returns>
    public int Look(ulong connection, uint sequence, ulong threshold, bool isOneOfMany)
    {
        var ahead = SequenceNumber.Add(sequence, Distance);
        if (connection != _connection && isOneOfMany) return LookAt(connection, ahead, threshold);
        // A sampler that chooses more than before has made what was seen worthless.
        if (connection != _connection || threshold > _threshold || (uint)SequenceNumber.Compare(_seen, sequence) > TooFar)
            (_connection, _seen, IsDue) = (connection, sequence, false);
        _threshold = threshold;
        if (!IsDue || SequenceNumber.Compare(_next, sequence) <= 0) LookOn(ahead);
        return IsDue ? SequenceNumber.Compare(_next, sequence) : SequenceNumber.Compare(_seen, ahead) + 1;
    }

    // What is due of one sender is not forgotten for nothing.
    private int LookAt(ulong connection, uint ahead, ulong threshold)
    {
        var isChosen = MessageSampler.Takes(connection, ahead, threshold);
        if (isChosen || !IsDue)
            (_connection, _threshold, _seen, _next, IsDue) = (connection, threshold, ahead, ahead, isChosen);
        return 1;
    }

    private void LookOn(uint ahead)
    {
        IsDue = false;
        while (!IsDue && SequenceNumber.Compare(_seen, ahead) < 0)
        {
            var others = MessageSampler.CountOthers(_connection, SequenceNumber.Add(_seen, 1), _threshold);
            _seen = SequenceNumber.Add(_seen, others);
            if (SequenceNumber.Compare(_seen, ahead) >= 0) return;
            _next = _seen = SequenceNumber.Add(_seen, 1);
            IsDue = MessageSampler.Takes(_connection, _next, _threshold);
        }
    }
}
