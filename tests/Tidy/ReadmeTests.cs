using System.Text.RegularExpressions;

namespace RdmaPipeline.TidyTests;

/// <summary>The README shows code that is compiled; it and the documents name what exists.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void EverySnippetIsTheSampleItNames()
    {
        var snippets = Snippet().Matches(SourceTree.Read("README.md"));
        Assert.NotEmpty(snippets);
        foreach (Match snippet in snippets)
            Assert.Equal(SourceTree.Read(snippet.Groups["path"].Value).Trim(), snippet.Groups["code"].Value.Trim());
    }

    [Fact]
    public void EveryPathOfTheTablesExists() => Findings.MustBeEmpty(
        from Match path in RoomPath().Matches(SourceTree.Read("README.md"))
        let full = Path.Combine(SourceTree.Root, path.Groups["path"].Value)
        where !File.Exists(full) && !Directory.Exists(full)
        select path.Value,
        "The README names what does not exist:");

    [Fact]
    public void EverySourceThatADocumentNamesExistsAndHoldsTheMember() => Findings.MustBeEmpty(
        from document in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md")
        from Match source in Source().Matches(File.ReadAllText(document))
        where !SourceTree.Files.Any(file => $"/{file.Path}".EndsWith($"/{source.Groups["path"].Value}", StringComparison.Ordinal)
            && SourceTree.Read(file.Path).Contains($" {source.Groups["member"].Value}", StringComparison.Ordinal))
        select $"{Path.GetFileName(document)}: {source.Value}",
        "A document names what does not exist:");

    [GeneratedRegex(@"<!-- snippet: (?<path>\S+) -->\s*```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"`(?<path>(src|tests|telemetry|samples)/[A-Za-z0-9_./]+)`")]
    private static partial Regex RoomPath();

    [GeneratedRegex(@"`(?<path>[A-Za-z0-9_./]+\.cs)(#(?<member>\w+))?`")]
    private static partial Regex Source();
}
