namespace RdmaPipeline.Testing.Reshaping;

/// <summary>Messages of a load.</summary>
/// <param name="Sent">Posted.</param>
/// <param name="Delivered">Received, each with the content it was sent with.</param>
/// <param name="Lost">Given up: nothing more can come.</param>
/// <param name="Reordered">Received after a later one of its queue pair.</param>
/// <param name="Damaged">Received with another content.</param>
/// <param name="Failed">Work requests that ended with an error.</param>
internal readonly record struct LoadFigures(long Sent, long Delivered, long Lost, long Reordered, long Damaged, long Failed)
{
    public static LoadFigures operator +(LoadFigures a, LoadFigures b) => new(
        a.Sent + b.Sent, a.Delivered + b.Delivered, a.Lost + b.Lost, a.Reordered + b.Reordered, a.Damaged + b.Damaged, a.Failed + b.Failed);
}
