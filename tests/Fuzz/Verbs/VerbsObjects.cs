using RdmaPipeline.FuzzTests.Machines;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>The objects of one kind that were made on one device. Those disposed of stay for a while, to be misused.</summary>
internal sealed class VerbsObjects<T>
    where T : class, IDisposable
{
    private const int Most = 12;

    private readonly List<(T Object, bool IsAlive)> _objects = [];

    /// <summary>How many live.</summary>
    public int Alive => _objects.Count(entry => entry.IsAlive);

    /// <summary>Whether one more may be made.</summary>
    public bool HasRoom => Alive < Most;

    public IEnumerable<T> Living => _objects.Where(entry => entry.IsAlive).Select(entry => entry.Object);

    public void Add(T made)
    {
        var old = _objects.FindIndex(entry => !entry.IsAlive);
        if (_objects.Count >= 2 * Most && old >= 0) _objects.RemoveAt(old);
        _objects.Add((made, true));
    }

    /// <summary>One of them, mostly one that lives; null when there is none.</summary>
    public T? Pick(ref RecordReader choices, out bool isGone)
    {
        isGone = false;
        if (_objects.Count == 0) return null;
        var start = choices.Byte();
        var anyWillDo = choices.OneIn(12);
        for (var i = 0; i < _objects.Count; i++)
        {
            var entry = _objects[(start + i) % _objects.Count];
            if (!entry.IsAlive && !anyWillDo) continue;
            isGone = !entry.IsAlive;
            return entry.Object;
        }

        return null;
    }

    /// <summary>An object was disposed of.</summary>
    public void Bury(T gone)
    {
        var at = _objects.FindIndex(entry => entry.Object == gone);
        _objects[at] = (gone, false);
    }
}
