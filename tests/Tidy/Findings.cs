namespace RdmaPipeline.TidyTests;

internal static class Findings
{
    /// <summary>Fails with one line for each finding.</summary>
    public static void MustBeEmpty(IEnumerable<string> findings, string rule)
    {
        var list = findings.ToList();
        Assert.True(list.Count == 0, $"{rule}\n  {string.Join("\n  ", list)}");
    }
}
