using System.Text.RegularExpressions;

namespace RdmaPipeline.TidyTests;

/// <summary>Statuses that cannot occur are given by no line (completion.md 3; the reasons are in the fault matrix).</summary>
public sealed partial class StatusTests
{
    private static readonly string[] Impossible =
    [
        "LocalEndToEndContextOperationError", "LocalRddViolationError", "RemoteInvalidReadRequestError",
        "InvalidEndToEndContextNumberError", "InvalidEndToEndContextStateError", "RemoteAbortedError", "LocalAccessError",
        "ResponseTimeoutError", "GeneralError",
    ];

    [Fact]
    public void NoLineOfTheTransportGivesAnImpossibleStatus()
    {
        var given = (from file in SourceTree.Under("src/Stages")
                     from Match match in Status().Matches(file.Text)
                     select (Name: match.Groups["name"].Value, file.Path)).ToList();
        Assert.Contains(given, status => status.Name == "RetryExceededError");
        Findings.MustBeEmpty(
            given.Where(status => Impossible.Contains(status.Name)).Select(status => $"{status.Path}: {status.Name}"),
            "A status without a row in the fault matrix:");
    }

    [GeneratedRegex(@"WorkCompletionStatus\.(?<name>\w+)")]
    private static partial Regex Status();
}
