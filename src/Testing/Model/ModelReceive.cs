using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>One posted receive.</summary>
internal sealed class ModelReceive
{
    private readonly List<ModelAccess> _local = [];

    public ModelReceive(int index, in ReceiveWorkRequest request, ModelDevice device, ModelQueuePair? owner, ProtectionDomain domain)
    {
        (Index, WorkRequestId) = (index, request.WorkRequestId);
        foreach (var entry in request.Entries.Span)
        {
            Capacity += entry.Length;
            if (entry.Length == 0) continue;
            var key = device.Find(entry.LocalKey);
            var fits = key is not null && key.Allows(owner!, domain, entry.Address, entry.Length, AccessFlags.LocalWrite);
            _local.Add(new ModelAccess(key, null, owner, fits));
            if (fits) Pieces.Add(key!.Piece(entry.Address, entry.Length));
        }
    }

    /// <summary>How many were posted to its queue before.</summary>
    public int Index { get; }

    public ulong WorkRequestId { get; }

    public uint Capacity { get; }

    public List<ModelPiece> Pieces { get; } = [];

    /// <summary>What may be written to it, when that is not the business of one message.</summary>
    public ModelEffect? Arrival { get; set; }

    public bool MayPass => _local.TrueForAll(access => access.MayPass);

    public bool MayFail => _local.Exists(access => access.MayFail);

    public void End()
    {
        foreach (var access in _local) access.End();
    }
}
