namespace RdmaPipeline.Mutation;

/// <summary>One small change of one place of the sources.</summary>
/// <param name="Id">Its number; the same sources give the same numbers.</param>
/// <param name="File">The source file, below the room.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Before">The text.</param>
/// <param name="After">The text in its place.</param>
internal sealed record Mutant(int Id, string File, int Line, string Kind, string Before, string After)
{
    /// <summary>The folder of the room, or "top".</summary>
    public string Folder => File.Contains('/') ? File[..File.IndexOf('/')] : "top";

    public override string ToString() => $"{File}:{Line} {Kind}: {Before} => {After}";
}
