using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>
/// What a key gives access to, and whether it is in force: for certain, or perhaps, while something is under way that gives it or ends it.
/// </summary>
/// <param name="memory">The memory.</param>
/// <param name="address">The address of the first byte, as work requests and peers give it.</param>
/// <param name="offset">Where that is in the memory.</param>
/// <param name="length">Bytes.</param>
/// <param name="access">The rights.</param>
/// <param name="domain">The protection domain.</param>
/// <param name="boundTo">Of a window of type 2 the queue pair that bound it; else null.</param>
public sealed class ModelKey(
    ModelMemory memory, ulong address, int offset, int length, AccessFlags access, ProtectionDomain domain, ModelQueuePair? boundTo = null)
{
    private readonly List<ModelAccess> _users = [];

    /// <summary>It may be in force.</summary>
    internal bool MayBeValid { get; private set; } = true;

    /// <summary>It may not be in force.</summary>
    internal bool MayBeInvalid { get; private set; }

    /// <summary>The rights.</summary>
    internal AccessFlags Access => access;

    /// <summary>The send queue in which a work request gives or ends it; later ones there find it done (R-REQ-30).</summary>
    internal ModelQueuePair? ChangedBy { get; private set; }

    /// <summary>What later work requests of <see cref="ChangedBy"/> find.</summary>
    internal bool WillBeValid { get; private set; }

    /// <summary>The memory it stands for.</summary>
    internal ModelMemory Memory => memory;

    /// <summary>
    /// Its memory is about to be deregistered: from now on an access may fail. Call <see cref="End"/> when that has returned.
    /// </summary>
    public void BeginEnd() => Set(MayBeValid, true);

    /// <summary>It is deregistered: nothing that came through it is written any more.</summary>
    public void End()
    {
        Set(false, true);
        foreach (var user in _users.ToArray()) user.Operation?.Cut(user);
    }

    /// <summary>It is not in force before a work request gives it.</summary>
    internal ModelKey NotYet()
    {
        Set(false, true);
        return this;
    }

    /// <summary>A work request in a send queue will give or end it.</summary>
    internal void BeginChange(ModelQueuePair by, bool toValid)
    {
        (ChangedBy, WillBeValid) = (by, toValid);
        Set(MayBeValid || toValid, MayBeInvalid || !toValid, by);
    }

    /// <summary>It is given or ended for certain.</summary>
    internal void EndChange(bool valid)
    {
        ChangedBy = null;
        Set(valid, !valid);
    }

    internal void Begin(ModelAccess user) => _users.Add(user);

    internal void Forget(ModelAccess user) => _users.Remove(user);

    internal bool Allows(ModelQueuePair at, ProtectionDomain of, ulong start, uint bytes, AccessFlags needed) =>
        domain == of && (boundTo is null || boundTo == at) && (needed & ~access) == 0
        && start >= address && bytes <= (uint)length && start - address <= (uint)length - bytes;

    internal ModelPiece Piece(ulong start, uint bytes) => new(memory, offset + (int)(start - address), (int)bytes);

    private void Set(bool mayBeValid, bool mayBeInvalid, ModelQueuePair? by = null)
    {
        (MayBeValid, MayBeInvalid) = (mayBeValid, mayBeInvalid);
        // What was posted before in the same queue is not concerned: a fence, or the rule itself, sees to that.
        foreach (var user in _users)
        {
            if (by is null || user.From != by) user.Note(mayBeValid, mayBeInvalid);
        }
    }
}
