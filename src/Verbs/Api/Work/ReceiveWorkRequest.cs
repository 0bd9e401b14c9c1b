using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Verbs;

/// <summary>Memory for a message to come. It belongs to the device from the post until its completion was polled.</summary>
public readonly record struct ReceiveWorkRequest
{
    private readonly ScatterGatherEntry _entry;
    private readonly bool _hasEntry;

    /// <summary>Comes back in the completion; any value.</summary>
    public ulong WorkRequestId { get; init; }

    /// <summary>The memory when it is one piece; its region needs local write. Set either this or <see cref="Entries"/>.</summary>
    public ScatterGatherEntry Entry
    {
        get => _entry;
        init
        {
            _entry = value;
            _hasEntry = true;
        }
    }

    /// <summary>The memory in pieces, at most <see cref="QueuePairCapabilities.MaxReceiveEntries"/>; copied when posted.</summary>
    public ReadOnlyMemory<ScatterGatherEntry> Entries { get; init; }

    internal bool HasEntry => _hasEntry;

    /// <summary>The entries, however they were given.</summary>
    [UnscopedRef]
    internal ReadOnlySpan<ScatterGatherEntry> List
    {
        get
        {
            if (!_hasEntry)
                return Entries.Span;
            if (!Entries.IsEmpty)
                WorkRequestCheck.ThrowBothEntries();
            return MemoryMarshal.CreateReadOnlySpan(in _entry, 1);
        }
    }
}
