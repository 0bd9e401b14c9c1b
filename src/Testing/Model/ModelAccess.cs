using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>One use of a key by a work request, and what it may have found between its post and its end.</summary>
internal sealed class ModelAccess
{
    private readonly ModelKey? _key;
    private readonly bool _fits;
    private bool _mayBeValid;
    private bool _mayBeInvalid;

    /// <param name="key">The key; null when there is none of that number.</param>
    /// <param name="operation">The work request; null for a receive.</param>
    /// <param name="from">The queue pair to which it was posted; null for a shared receive queue.</param>
    /// <param name="fits">Whether range, rights and domain allow it.</param>
    public ModelAccess(ModelKey? key, ModelOperation? operation, ModelQueuePair? from, bool fits)
    {
        (_key, Operation, From, _fits) = (key, operation, from, fits);
        if (key is null) return;
        if (from is not null && key.ChangedBy == from) Note(key.WillBeValid, !key.WillBeValid);
        else Note(key.MayBeValid, key.MayBeInvalid);
        key.Begin(this);
    }

    public ModelOperation? Operation { get; }

    public ModelQueuePair? From { get; }

    /// <summary>It may be allowed.</summary>
    public bool MayPass => _fits && _mayBeValid;

    /// <summary>It may be refused.</summary>
    public bool MayFail => !_fits || _mayBeInvalid;

    public void Note(bool mayBeValid, bool mayBeInvalid)
    {
        _mayBeValid |= mayBeValid;
        _mayBeInvalid |= mayBeInvalid;
    }

    public void End() => _key?.Forget(this);
}
