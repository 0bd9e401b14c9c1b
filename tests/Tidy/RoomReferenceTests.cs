using System.Xml.Linq;

namespace RdmaPipeline.TidyTests;

/// <summary>Which room may reference which: the arrows of the README's picture of the rooms.</summary>
public sealed class RoomReferenceTests
{
    private const string Model = "RdmaPipeline.Testing.Model";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["RdmaPipeline.Verbs"] = [],
        ["RdmaPipeline.Telemetry"] = [],
        ["RdmaPipeline.OpenTelemetry"] = ["RdmaPipeline.Telemetry"],
        ["RdmaPipeline.Protocol"] = ["RdmaPipeline.Verbs", "RdmaPipeline.Telemetry"],
        ["RdmaPipeline.Graph"] = ["RdmaPipeline.Telemetry"],
        ["RdmaPipeline.Backends"] = ["RdmaPipeline.Graph", "RdmaPipeline.Telemetry"],
        ["RdmaPipeline.Transport"] = ["RdmaPipeline.Protocol", "RdmaPipeline.Graph", "RdmaPipeline.Backends", "RdmaPipeline.Telemetry"],
        ["RdmaPipeline.Hosting"] = ["RdmaPipeline.Transport"],
        ["RdmaPipeline.Hosting.AspNetCore"] = ["RdmaPipeline.Hosting"],
        ["RdmaPipeline.Testing"] = ["RdmaPipeline.Transport", Model],
        [Model] = ["RdmaPipeline.Verbs"],
        ["rdmapipe"] = ["RdmaPipeline.Testing", "RdmaPipeline.Hosting", "RdmaPipeline.Hosting.AspNetCore", "RdmaPipeline.OpenTelemetry"],
    };

    [Fact]
    public void EveryRoomReferencesOnlyWhatItMay() => Findings.MustBeEmpty(
        from project in Projects("src").Concat(Projects("telemetry"))
        from reference in References(project.Path)
        where !Allowed.TryGetValue(project.Name, out var allowed) || !allowed.Contains(reference)
        select $"{project.Name} references {reference}",
        "A room references another that the table of rooms does not allow:");

    [Fact]
    public void EveryRoomIsInTheTable() => Findings.MustBeEmpty(
        from project in Projects("src").Concat(Projects("telemetry"))
        where !Allowed.ContainsKey(project.Name)
        select project.Path,
        "A project has no row in the table of rooms:");

    [Fact]
    public void NoLibraryReferencesTheTestingPackages() => Findings.MustBeEmpty(
        from project in Projects("src").Concat(Projects("telemetry"))
        where project.Name is not ("rdmapipe" or "RdmaPipeline.Testing")
        where References(project.Path).Any(r => r.EndsWith("Testing", StringComparison.Ordinal))
        select project.Path,
        "Only tests and the tool use the testing packages:");

    // Whoever embeds the core gets no package with it.
    [Fact]
    public void TheCoreNeedsNoPackage()
    {
        string[] core = ["Verbs", "Telemetry", "Protocol", "Graph", "Backends", "Transport"];
        Findings.MustBeEmpty(
            from project in Projects("src").Concat(Projects("telemetry"))
            where core.Any(room => project.Name == $"RdmaPipeline.{room}")
            from package in Packages(project.Path)
            where !package.EndsWith("Analyzers", StringComparison.Ordinal)
            select $"{project.Name} needs {package}",
            "The core needs a package:");
    }

    [Fact]
    public void HostingNeedsAbstractionsAlone() => Findings.MustBeEmpty(
        from package in Packages(Projects("src").Single(project => project.Name == "RdmaPipeline.Hosting").Path)
        where !package.EndsWith(".Abstractions", StringComparison.Ordinal)
        where package is not ("Microsoft.Extensions.Options" or "System.IO.Pipelines")
        select package,
        "Hosting needs more than abstractions (of options and pipes there are none apart):");

    // Who does not use OpenTelemetry gets none of it: a library publishes by System.Diagnostics alone.
    [Fact]
    public void OnlyTheOpenTelemetryPackageAndTheToolReferenceOpenTelemetry()
    {
        var users = from project in Projects("src").Concat(Projects("telemetry"))
                    where Packages(project.Path).Any(package => package.StartsWith("OpenTelemetry", StringComparison.Ordinal))
                    select project.Name;
        Assert.Equal(["RdmaPipeline.OpenTelemetry"], users.Except(["rdmapipe"]));
        Findings.MustBeEmpty(
            Allowed.Where(room => room.Key is not "rdmapipe" && room.Value.Contains("RdmaPipeline.OpenTelemetry")).Select(room => room.Key),
            "A library brings OpenTelemetry along:");
    }

    // The model is written from the standard: it sees what any user of the verbs sees, and not even their internals.
    [Fact]
    public void ReferenceModelKnowsTheVerbsAloneAndNotTheirInternals()
    {
        var project = Projects("src").Single(p => p.Name == Model).Path;
        Assert.Equal(["RdmaPipeline.Verbs"], References(project));
        Assert.Empty(Packages(project));
        Findings.MustBeEmpty(
            from other in Projects("src").Concat(Projects("telemetry"))
            from friend in XDocument.Load(Path.Combine(SourceTree.Root, other.Path)).Descendants("InternalsVisibleTo")
            where friend.Attribute("Include")!.Value == Model
            select other.Path,
            "A project shows its internals to the reference model:");
    }

    // Canaries are compiled by tests/Canaries in memory; a project that defines one would ship a bug.
    [Fact]
    public void NoProjectDefinesACanary() => Findings.MustBeEmpty(
        from file in Directory.EnumerateFiles(SourceTree.Root, "*.*proj", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(SourceTree.Root, "*.props", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(SourceTree.Root, "*.targets", SearchOption.AllDirectories))
        let path = Path.GetRelativePath(SourceTree.Root, file).Replace('\\', '/')
        where !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal)
        where File.ReadAllText(file).Contains("CANARY_", StringComparison.Ordinal)
        select path,
        "A project defines a canary:");

    [Fact]
    public void ProtocolUsesOnlyTheDropReasonsOfTelemetry() => Findings.MustBeEmpty(
        from file in SourceTree.Under("src/Stages/Protocol")
        where file.Syntax.Usings.Any(u => u.Name?.ToString() == "RdmaPipeline.Telemetry")
        from name in file.Identifiers()
        where name.Name.EndsWith("Meter", StringComparison.Ordinal) || name.Name.StartsWith("MetricName", StringComparison.Ordinal)
        select $"{file}:{name.Line} {name.Name}",
        "Protocol takes DropReason from Telemetry and nothing else:");

    [Fact]
    public void TopLevelHoldsOnlyTheFixedRooms()
    {
        string[] allowed = ["src", "tests", "telemetry", "samples", "docs"];
        Findings.MustBeEmpty(
            Directory.EnumerateDirectories(SourceTree.Root).Select(d => Path.GetFileName(d)!)
                .Where(d => d[0] != '.' && d is not ("artifacts" or "TestResults") && !allowed.Contains(d)),
            "The top level is fixed:");
    }

    [Fact]
    public void EveryProjectIsInTheSolution()
    {
        var solution = SourceTree.Read("Pipeline.sln").Replace('\\', '/');
        Findings.MustBeEmpty(
            from project in new[] { "src", "telemetry", "tests", "samples" }.SelectMany(Projects)
            where !solution.Contains(project.Path, StringComparison.Ordinal)
            select project.Path,
            "A project is missing from Pipeline.sln:");
    }

    private static IEnumerable<(string Name, string Path)> Projects(string folder) =>
        Directory.Exists(Path.Combine(SourceTree.Root, folder))
            ? Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), "*.csproj", SearchOption.AllDirectories)
                .Select(p => (Path.GetFileNameWithoutExtension(p), Path.GetRelativePath(SourceTree.Root, p).Replace('\\', '/')))
            : [];

    private static IEnumerable<string> Packages(string project) =>
        XDocument.Load(Path.Combine(SourceTree.Root, project)).Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(SourceTree.Root, project)).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
}
