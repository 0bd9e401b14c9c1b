using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RdmaPipeline.Mutation;

/// <summary>Compiles the Protocol room with all mutants in it.</summary>
/// <param name="room">The folder of the room.</param>
/// <param name="binaries">The folder with the assemblies that it refers to.</param>
internal sealed class MutatedAssembly(string room, string binaries)
{
    public const string FileName = "RdmaPipeline.Protocol.dll";

    private const int MostPasses = 40;

    private const string Preamble = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        using System.Runtime.CompilerServices;
        [assembly: System.Reflection.AssemblyVersion("0.1.0.0")]
        [assembly: InternalsVisibleTo("RdmaPipeline.Transport")]
        [assembly: InternalsVisibleTo("Protocol.Tests")]
        [assembly: InternalsVisibleTo("Simulation")]
        [assembly: InternalsVisibleTo("RdmaPipeline.Testing")]
        """;

    private static readonly CSharpParseOptions Language = new(LanguageVersion.CSharp14);

    /// <summary>Compiles, leaving out what the compiler refuses.</summary>
    /// <param name="catalogue">Takes the mutants.</param>
    /// <param name="path">Where the assembly goes.</param>
    public void Build(MutantCatalogue catalogue, string path)
    {
        var sources = Parse();
        for (var pass = 0; pass < MostPasses; pass++)
        {
            var compilation = Mutate(sources, catalogue);
            var errors = compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ToList();
            if (errors.Count == 0)
            {
                var result = compilation.Emit(path);
                if (!result.Success) throw new InvalidOperationException($"emit: {result.Diagnostics[0]}");
                return;
            }

            var refused = errors.Sum(error => Culprits(error).Count(catalogue.Refuse));
            if (refused == 0) throw new InvalidOperationException($"no mutant is to blame: {errors[0]}");
        }

        throw new InvalidOperationException($"{MostPasses} passes did not suffice");
    }

    // The mutants around the error; else those of the member, one of which took a variable its value.
    private static IEnumerable<int> Culprits(Diagnostic error)
    {
        var root = error.Location.SourceTree!.GetRoot();
        var node = root.FindNode(error.Location.SourceSpan, getInnermostNodeForTie: true);
        var marked = node.AncestorsAndSelf().FirstOrDefault(IsMarked);
        if (marked is not null) return Numbers(marked);
        var member = node.AncestorsAndSelf().OfType<MemberDeclarationSyntax>().First();
        return member.DescendantNodes().Where(IsMarked).SelectMany(Numbers);
    }

    private static bool IsMarked(SyntaxNode node) => node.HasAnnotations(SiteRewriter.Annotation);

    private static IEnumerable<int> Numbers(SyntaxNode node) =>
        node.GetAnnotations(SiteRewriter.Annotation).Select(annotation => int.Parse(annotation.Data!));

    private List<SyntaxTree> Parse() =>
    [
        .. Directory.EnumerateFiles(room, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(room, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("bin/", StringComparison.Ordinal) && !file.StartsWith("obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(room, file)), Language, file)),
        CSharpSyntaxTree.ParseText(Preamble, Language, "Preamble.cs"),
    ];

    private CSharpCompilation Mutate(List<SyntaxTree> sources, MutantCatalogue catalogue)
    {
        var plain = Compile(sources);
        catalogue.Begin();
        var mutated = sources
            .Select(tree => CSharpSyntaxTree.Create(
                (CSharpSyntaxNode)new SiteRewriter(plain.GetSemanticModel(tree), tree.FilePath, catalogue).Visit(tree.GetRoot())!,
                Language, tree.FilePath))
            .ToList();
        mutated.Add(CSharpSyntaxTree.ParseText(MutationSwitch.Source(catalogue.Count), Language, "MutationSwitch.cs"));
        return Compile(mutated);
    }

    private CSharpCompilation Compile(IEnumerable<SyntaxTree> sources)
    {
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal));
        string[] own = [Path.Combine(binaries, "RdmaPipeline.Verbs.dll"), Path.Combine(binaries, "RdmaPipeline.Telemetry.dll")];
        return CSharpCompilation.Create("RdmaPipeline.Protocol", sources,
            platform.Concat(own).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true, nullableContextOptions: NullableContextOptions.Disable));
    }
}
