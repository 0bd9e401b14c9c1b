using System.Diagnostics;

namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// The traces of the messages that a burst holds packets of. They stay with the burst when it goes to a device of the same process; on no
/// other wire.
/// </summary>
public sealed class MessageContexts
{
    private MessageContext[] _entries = new MessageContext[4];

    /// <summary>Entries.</summary>
    public int Count { get; private set; }

    /// <summary>All entries.</summary>
    public ReadOnlySpan<MessageContext> All => _entries.AsSpan(0, Count);

    /// <summary>Adds a message; one that is there already changes nothing. Allocates when there are more than ever.</summary>
    public void Add(in MessageContext message)
    {
        if (All.Contains(message))
            return;
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Count * 2);
        _entries[Count++] = message;
    }

    /// <summary>Finds the trace of a message.</summary>
    /// <returns>False when the sender did not trace it.</returns>
    public bool TryFind(uint source, uint destination, uint sequence, out ActivityContext context)
    {
        foreach (ref readonly var entry in All)
        {
            if (entry.Source != source || entry.Destination != destination || entry.Sequence != sequence)
                continue;
            context = entry.Context;
            return true;
        }

        context = default;
        return false;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => Count = 0;
}
