using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;

namespace RdmaPipeline.CanaryTests;

/// <summary>Loads a source generator with the files beside it.</summary>
internal sealed class GeneratorLoader : IAnalyzerAssemblyLoader
{
    public void AddDependencyLocation(string fullPath)
    {
    }

    public Assembly LoadFromPath(string fullPath)
    {
        var context = new AssemblyLoadContext(Path.GetFileName(fullPath));
        context.Resolving += (_, name) =>
        {
            var beside = Path.Combine(Path.GetDirectoryName(fullPath)!, $"{name.Name}.dll");
            return File.Exists(beside) ? context.LoadFromAssemblyPath(beside) : null;
        };
        return context.LoadFromAssemblyPath(fullPath);
    }
}
