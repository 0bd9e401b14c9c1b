namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>Chooses the inputs that are worth keeping in the tree.</summary>
internal static class CorpusDistiller
{
    /// <summary>Keeps of a corpus file what is needed to reach all blocks that it reaches, each input with as few records as do.</summary>
    public static int Distil(IFuzzTarget target, string input, string output)
    {
        var coverage = new CoverageMap(countsMatter: false);
        var kept = new List<byte[]>();
        foreach (var bytes in CorpusFile.ReadFile(input).Prepend(new byte[target.HeaderLength]).OrderBy(bytes => bytes.Length))
        {
            Run(target, coverage, bytes);
            var news = coverage.News();
            if (news.Count == 0) continue;
            var shorter = new InputMinimiser(target, candidate => Run(target, coverage, candidate).HaveRun(news)).Shorten(bytes);
            Run(target, coverage, shorter).Collect();
            kept.Add(shorter);
        }

        CorpusFile.Write(output, $"{target.Name}: each line reaches blocks that the shorter ones do not", kept);
        Console.WriteLine($"{kept.Count} inputs, {coverage.Covered} blocks");
        return 0;
    }

    private static CoverageMap Run(IFuzzTarget target, CoverageMap coverage, byte[] input)
    {
        coverage.Clear();
        target.Run(input, new FuzzTally());
        return coverage;
    }
}
