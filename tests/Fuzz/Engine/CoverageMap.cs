using System.Reflection;
using System.Runtime.InteropServices;

namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>
/// Which basic blocks of the libraries have run, and how often in one input (1, 2, 3, 4-7, 8-15, 16-31, 32-127, more). The counters are
/// woven into the copies of the libraries beside this program.
/// </summary>
internal sealed class CoverageMap
{
    private const string MapType = "RdmaPipeline.FuzzTests.Woven.BlockCounters";

    private static readonly string[] Libraries =
        ["RdmaPipeline.Verbs", "RdmaPipeline.Protocol", "RdmaPipeline.Graph", "RdmaPipeline.Transport", "RdmaPipeline.Backends"];

    private static readonly byte[] Classes = BuildClasses();

    private readonly List<(string Library, byte[] Counters, byte[] Seen)> _maps = [];
    private readonly byte[] _classes;

    /// <param name="countsMatter">Whether a block that runs another number of times than before is news.</param>
    public CoverageMap(bool countsMatter = true)
    {
        _classes = countsMatter ? Classes : [.. Classes.Select(kind => kind == 0 ? (byte)0 : (byte)1)];
        foreach (var library in Libraries)
        {
            var counters = Assembly.Load(library).GetType(MapType)?.GetField("Map")?.GetValue(null) as byte[]
                ?? throw new InvalidOperationException($"{library} beside this program counts no blocks: build tests/Fuzz again");
            _maps.Add((library, counters, new byte[counters.Length]));
        }
    }

    /// <summary>Blocks with the class of their count that were ever seen.</summary>
    public int Features { get; private set; }

    /// <summary>Blocks of all libraries.</summary>
    public int Blocks => _maps.Sum(map => map.Counters.Length);

    /// <summary>Blocks that have run.</summary>
    public int Covered => _maps.Sum(map => map.Seen.Length - map.Seen.AsSpan().Count((byte)0));

    /// <summary>Forgets what was counted since the last look.</summary>
    public void Clear()
    {
        foreach (var map in _maps) Array.Clear(map.Counters);
    }

    /// <summary>Takes what was counted since the last look.</summary>
    /// <returns>How much of it is new.</returns>
    public int Collect()
    {
        var fresh = 0;
        foreach (var (_, counters, seen) in _maps) fresh += Collect(counters, seen);
        Features += fresh;
        return fresh;
    }

    /// <summary>The blocks that have run since the last look and never before.</summary>
    public IReadOnlyList<(int Map, int Block)> News() =>
        [.. _maps.SelectMany((map, number) => Enumerable.Range(0, map.Seen.Length)
            .Where(block => map.Counters[block] != 0 && map.Seen[block] == 0).Select(block => (number, block)))];

    /// <summary>Whether all of some blocks have run since the last look.</summary>
    public bool HaveRun(IReadOnlyList<(int Map, int Block)> blocks) => blocks.All(at => _maps[at.Map].Counters[at.Block] != 0);

    /// <summary>Blocks run and blocks there are, by namespace.</summary>
    public IEnumerable<(string Namespace, int Covered, int Blocks)> ByNamespace() =>
        _maps.SelectMany(map => Methods(map.Library)
                .Select(m => (Namespace: NamespaceOf(m.Name), Covered: CoveredOf(map.Seen, m.First, m.Count), Blocks: m.Count)))
            .GroupBy(m => m.Namespace)
            .Select(group => (group.Key, group.Sum(m => m.Covered), group.Sum(m => m.Blocks)))
            .OrderBy(line => line.Key, StringComparer.Ordinal);

    /// <summary>Methods of which no block, or not every block, has run.</summary>
    public IEnumerable<(string Method, int Covered, int Blocks)> Gaps() =>
        _maps.SelectMany(map => Methods(map.Library).Select(m => (m.Name, Covered: CoveredOf(map.Seen, m.First, m.Count), m.Count)))
            .Where(m => m.Covered < m.Count);

    private static int CoveredOf(byte[] seen, int first, int count) => count - seen.AsSpan(first, count).Count((byte)0);

    private static IEnumerable<(int First, int Count, string Name)> Methods(string library) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, library + ".blocks")).Select(line => line.Split('\t'))
            .Select(parts => (int.Parse(parts[0]), int.Parse(parts[1]), parts[2]));

    // "System.Void RdmaPipeline.Protocol.Wire.Bth::Write(...)"
    private static string NamespaceOf(string method)
    {
        var type = method[(method[..method.IndexOf("::", StringComparison.Ordinal)].LastIndexOf(' ') + 1)..];
        type = type[..type.IndexOfAny([':', '/', '`', '<'])];
        return type[..Math.Max(0, type.LastIndexOf('.'))];
    }

    private int Collect(byte[] counters, byte[] seen)
    {
        var fresh = 0;
        var words = MemoryMarshal.Cast<byte, ulong>(counters);
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] != 0) fresh += Collect(counters, seen, word * sizeof(ulong), (word + 1) * sizeof(ulong));
        }

        return fresh + Collect(counters, seen, words.Length * sizeof(ulong), counters.Length);
    }

    private int Collect(byte[] counters, byte[] seen, int from, int to)
    {
        var fresh = 0;
        for (var i = from; i < to; i++)
        {
            var kind = _classes[counters[i]];
            counters[i] = 0;
            if ((kind & ~seen[i]) == 0) continue;
            seen[i] |= kind;
            fresh++;
        }

        return fresh;
    }

    private static byte[] BuildClasses()
    {
        var classes = new byte[256];
        for (var count = 1; count < classes.Length; count++)
        {
            classes[count] = count switch
            {
                1 => 1, 2 => 2, 3 => 4, < 8 => 8, < 16 => 16, < 32 => 32, < 128 => 64, _ => 128,
            };
        }

        return classes;
    }
}
