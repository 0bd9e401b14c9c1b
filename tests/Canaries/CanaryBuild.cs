using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace RdmaPipeline.CanaryTests;

/// <summary>
/// Compiles the real sources of all rooms, and the fuzz targets, into one assembly, with one line changed: that under <c>#if CANARY_x</c>.
/// The assembly lives in memory only, so a canary cannot be shipped.
/// </summary>
internal static partial class CanaryBuild
{
    private const string GeneratorName = "Microsoft.Interop.LibraryImportGenerator.dll";

    private const string GlobalUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;"
        + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly string[] Rooms =
    [
        "src/Verbs/Api", "src/Stages", "src/Backends", "src/Testing", "telemetry/RdmaPipeline.Telemetry",
        "tests/Fuzz/Engine", "tests/Fuzz/Frames", "tests/Fuzz/Graphs", "tests/Fuzz/Machines", "tests/Fuzz/Verbs",
    ];

    private static readonly string[] Files =
    [
        "tests/Fuzz/FuzzTargets.cs", "tests/Graph.Tests/Kit/TestBurst.cs", "tests/Graph.Tests/Kit/TestServices.cs",
    ];

    private static readonly string[] Frameworks = ["NET10_0", "NET9_0_OR_GREATER", "NET10_0_OR_GREATER"];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    private static readonly Lazy<Dictionary<string, string>> s_sources = new(ReadSources);

    private static readonly Lazy<CSharpCompilation> s_unchanged = new(() => Compile(symbol: null));

    /// <summary>The symbols that the sources know.</summary>
    public static IReadOnlyList<string> Symbols =>
        [.. s_sources.Value.Values.SelectMany(text => Symbol().Matches(text)).Select(match => match.Value).Distinct().Order()];

    /// <summary>Builds a canary and loads it where nothing else is.</summary>
    /// <param name="symbol">The symbol; null for the unchanged sources.</param>
    public static Assembly Load(string? symbol)
    {
        using var image = new MemoryStream();
        var changed = symbol is null ? s_unchanged.Value : Change(symbol);
        CreateDriver().RunGeneratorsAndUpdateCompilation(changed, out var compilation, out _);
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(20)));
        image.Position = 0;
        return new AssemblyLoadContext(symbol, isCollectible: true).LoadFromStream(image);
    }

    // Only files that know the symbol are parsed again.
    private static CSharpCompilation Change(string symbol)
    {
        var compilation = s_unchanged.Value;
        var changed = compilation.SyntaxTrees.Where(tree => tree.ToString().Contains(symbol, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(changed);
        foreach (var tree in changed)
            compilation = compilation.ReplaceSyntaxTree(tree, Parse(tree.FilePath, s_sources.Value[tree.FilePath], symbol));
        return compilation.WithAssemblyName($"Canary.{symbol}");
    }

    private static CSharpCompilation Compile(string? symbol) => CSharpCompilation.Create(
        "Canary",
        [
            .. s_sources.Value.AsParallel().AsOrdered().Select(source => Parse(source.Key, source.Value, symbol)),
            Parse("GlobalUsings.cs", GlobalUsings, symbol),
        ],
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(IsFramework)
            .Select(path => MetadataReference.CreateFromFile(path))],
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable, concurrentBuild: true));

    private static SyntaxTree Parse(string path, string text, string? symbol) => CSharpSyntaxTree.ParseText(
        SourceText.From(text, Encoding.UTF8),
        new CSharpParseOptions(LanguageVersion.CSharp14, preprocessorSymbols: symbol is null ? Frameworks : [.. Frameworks, symbol]),
        path);

    private static CSharpGeneratorDriver CreateDriver()
    {
        var path = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "generators.txt"))
            .First(line => line.EndsWith(GeneratorName, StringComparison.Ordinal));
        var generators = new AnalyzerFileReference(path, new GeneratorLoader()).GetGenerators(LanguageNames.CSharp);
        return CSharpGeneratorDriver.Create(generators, parseOptions: new CSharpParseOptions(LanguageVersion.CSharp14));
    }

    private static bool IsFramework(string path) => Path.GetDirectoryName(path) == Path.GetDirectoryName(typeof(object).Assembly.Location);

    private static Dictionary<string, string> ReadSources() => Rooms
        .SelectMany(room => Directory.EnumerateFiles(Path.Combine(Root, room), "*.cs", SearchOption.AllDirectories))
        .Where(path => !BuildOutput().IsMatch(path))
        .Concat(Files.Select(file => Path.Combine(Root, file)))
        .Order(StringComparer.Ordinal)
        .ToDictionary(path => path, File.ReadAllText);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex("CANARY_[A-Z_]+")]
    private static partial Regex Symbol();

    [GeneratedRegex("/(bin|obj)/")]
    private static partial Regex BuildOutput();
}
