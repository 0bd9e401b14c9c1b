using System.Text;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace RdmaPipeline.FuzzTests.Weaver;

/// <summary>
/// Rewrites one assembly so that it counts which of its basic blocks ran: a class with one byte for each block is added, and beside the
/// assembly a list of methods with their first block and the number of their blocks.
/// </summary>
internal static class AssemblyWeaver
{
    /// <summary>The class that holds the counters.</summary>
    public const string MapType = "RdmaPipeline.FuzzTests.Woven.BlockCounters";

    // The checksum kernels are data flow without decisions: counting there costs much and tells nothing.
    private const string LeftOut = "RdmaPipeline.Backends.Framing.Crc";

    public static void Weave(string path)
    {
        var symbols = File.Exists(Path.ChangeExtension(path, ".pdb"));
        using var assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters
        {
            InMemory = true, ReadSymbols = symbols, AssemblyResolver = ResolverBeside(path),
        });
        var module = assembly.MainModule;
        if (module.GetType(MapType) is not null) return;
        var map = new CounterClass(module);
        var listing = new StringBuilder();
        var count = 0;
        foreach (var method in module.GetTypes().Where(IsWanted).SelectMany(type => type.Methods).Where(method => method.HasBody).ToList())
        {
            var blocks = MethodWeaver.Weave(method.Body, map.Field, count);
            listing.Append(count).Append('\t').Append(blocks).Append('\t').Append(method.FullName).Append('\n');
            count += blocks;
        }

        map.Complete(count);
        assembly.Write(path, new WriterParameters { WriteSymbols = symbols });
        File.WriteAllText(Path.ChangeExtension(path, ".blocks"), listing.ToString());
    }

    private static bool IsWanted(TypeDefinition type)
    {
        while (type.DeclaringType is not null) type = type.DeclaringType;
        return type.Namespace.StartsWith("RdmaPipeline", StringComparison.Ordinal) && type.Namespace != LeftOut && type.FullName != MapType;
    }

    private static DefaultAssemblyResolver ResolverBeside(string path)
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        return resolver;
    }
}
