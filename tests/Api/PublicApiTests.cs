using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>The public surface is an approved text: a change to it is seen in review.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void TheSurfaceIsTheApprovedOne()
    {
        string approvedPath = Path.Combine(AppContext.BaseDirectory, "PublicApi.Verbs.txt");
        string receivedPath = Path.Combine(AppContext.BaseDirectory, "PublicApi.Verbs.received.txt");
        string received = PublicApiText.Of(typeof(RdmaDevice).Assembly);
        string approved = File.ReadAllText(approvedPath).ReplaceLineEndings("\n");
        if (received == approved)
            return;
        File.WriteAllText(receivedPath, received);
        string[] gone = [.. approved.Split('\n').Except(received.Split('\n'))];
        string[] added = [.. received.Split('\n').Except(approved.Split('\n'))];
        Assert.Fail($"The public API changed. If that is meant, copy {receivedPath} to tests/Api/PublicApi.Verbs.txt.\n"
            + string.Join('\n', gone.Select(line => $"- {line}").Concat(added.Select(line => $"+ {line}"))));
    }
}
