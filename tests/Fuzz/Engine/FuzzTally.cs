using RdmaPipeline.Telemetry;

namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>What a campaign has done so far.</summary>
internal sealed class FuzzTally
{
    private readonly long[] _drops = new long[Enum.GetValues<DropReason>().Length];
    private readonly SortedDictionary<string, long> _notes = new(StringComparer.Ordinal);

    /// <summary>Inputs tried.</summary>
    public long Inputs { get; set; }

    /// <summary>Packets received.</summary>
    public long Packets { get; private set; }

    /// <summary>Verbs called, or edits of a graph.</summary>
    public long Calls { get; set; }

    /// <summary>Where to tell what is done, step by step; null for nowhere.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Counts a packet under what became of it.</summary>
    public void Count(DropReason reason)
    {
        if ((int)reason >= _drops.Length) throw new FuzzFailureException($"a packet was dropped for reason {(int)reason}, which is none");
        _drops[(int)reason]++;
        Packets++;
    }

    /// <summary>Counts something under a name.</summary>
    public void Note(string what) => _notes[what] = _notes.GetValueOrDefault(what) + 1;

    /// <summary>Packets by what became of them, and what was noted.</summary>
    public override string ToString()
    {
        var packets = _drops.Select((count, reason) => (Name: reason == 0 ? "accepted" : ((DropReason)reason).ToString(), Count: count));
        var all = packets.Concat(_notes.Select(note => (Name: note.Key, Count: note.Value))).Where(line => line.Count != 0);
        return string.Join(", ", all.OrderByDescending(line => line.Count).Select(line => $"{line.Name} {line.Count}"));
    }
}
