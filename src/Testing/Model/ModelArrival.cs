namespace RdmaPipeline.Testing.Model;

/// <summary>A receive that any of several messages may fill: a shared one, or one of a service that loses messages (R-RESP-22).</summary>
internal sealed class ModelArrival(IReadOnlyList<ModelPiece> pieces, ModelReceiveQueue queue, int header) : ModelEffect(pieces)
{
    private protected override bool MayPut(int index, byte value)
    {
        // R-RESP-37: the place of the route header.
        if (index < header) return true;
        foreach (var message in queue.Candidates)
        {
            if (index - header < message.Payload.Length && message.Payload[index - header] == value) return true;
        }

        return false;
    }
}
