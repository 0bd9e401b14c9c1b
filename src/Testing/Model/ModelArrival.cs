namespace RdmaPipeline.Testing.Model;

/// <summary>A receive that any of several messages may fill: a shared one, or one of a service that loses messages (R-RESP-22).</summary>
internal sealed class ModelArrival(IReadOnlyList<ModelPiece> pieces, ModelReceiveQueue queue, int header) : ModelEffect(pieces)
{
    private protected override int Explains(int index, ReadOnlySpan<byte> found)
    {
        // R-RESP-37: the place of the route header.
        if (index < header) return Math.Min(found.Length, header - index);
        var most = 0;
        foreach (var message in queue.Candidates)
        {
            if (index - header < message.Payload.Length)
                most = Math.Max(most, found.CommonPrefixLength(message.Payload.AsSpan(index - header)));
        }

        return most;
    }
}
