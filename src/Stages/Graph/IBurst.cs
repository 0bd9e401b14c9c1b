namespace RdmaPipeline.Graph;

/// <summary>
/// What moves along a data edge: one or more items with one owner, returned to its pool by the last <see cref="Release"/>.
/// </summary>
public interface IBurst
{
    /// <summary>Number of items.</summary>
    int Count { get; }

    /// <summary>Adds a holder.</summary>
    void Retain();

    /// <summary>Takes a holder away; the last one returns the burst to its pool.</summary>
    void Release();
}
