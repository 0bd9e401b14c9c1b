using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>The memory and the keys of one device.</summary>
/// <param name="name">For reports.</param>
public sealed class ModelDevice(string name)
{
    private readonly Dictionary<uint, ModelKey> _keys = [];
    private readonly Dictionary<MemoryRegion, (ModelMemory Memory, int Offset)> _mapped = [];
    private readonly Dictionary<MemoryWindow, ModelKey> _windows = [];
    private readonly List<ModelMemory> _memories = [];

    /// <summary>For reports.</summary>
    public string Name => name;

    /// <summary>All memory it was told of.</summary>
    public IReadOnlyList<ModelMemory> Memories => _memories;

    /// <summary>Memory that regions and windows may name.</summary>
    /// <param name="actual">Its bytes; pinned as long as they are registered.</param>
    public ModelMemory Add(byte[] actual)
    {
        var memory = new ModelMemory($"memory {_memories.Count} of {name}", actual);
        _memories.Add(memory);
        return memory;
    }

    /// <summary>A region is registered.</summary>
    /// <param name="region">The region.</param>
    /// <param name="memory">Its memory, from the first byte to the last.</param>
    public ModelKey Register(MemoryRegion region, ModelMemory memory)
    {
        ArgumentNullException.ThrowIfNull(region);
        return _keys[region.LocalKey] =
            new ModelKey(memory, region.Address, 0, (int)region.Length, region.Access, region.ProtectionDomain);
    }

    /// <summary>A fast registration has mapped memory, for the next registration.</summary>
    /// <param name="region">The region.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="offset">The first byte that is mapped.</param>
    public void Map(MemoryRegion region, ModelMemory memory, int offset) => _mapped[region] = (memory, offset);

    /// <summary>The key that a registration gives.</summary>
    internal ModelKey Add(FastRegistration registration)
    {
        var (memory, offset) = _mapped[registration.Region];
        return _keys[registration.Key] = new ModelKey(memory, registration.Address, offset, (int)registration.Length, registration.Access,
            registration.Region.ProtectionDomain);
    }

    /// <summary>The key that a binding gives, and the one that it replaces.</summary>
    internal (ModelKey Key, ModelKey? Replaced) Add(MemoryWindowBinding binding, ModelQueuePair by)
    {
        var window = binding.Window;
        var piece = Find(binding.Region!.LocalKey)!.Piece(binding.Address, (uint)binding.Length);
        var key = new ModelKey(piece.Memory, binding.Address, piece.Offset, piece.Length, binding.Access, window.ProtectionDomain,
            window.Type == MemoryWindowType.Type1 ? null : by);
        var replaced = window.Type == MemoryWindowType.Type1 ? _windows.GetValueOrDefault(window) : null;
        _keys[binding.RemoteKey] = _windows[window] = key;
        return (key, replaced);
    }

    internal ModelKey? Find(uint key) => _keys.GetValueOrDefault(key);
}
