namespace RdmaPipeline.Backends.Packets;

/// <content>What a burst knows of the traced messages that it holds packets of.</content>
public sealed partial class PacketBurst
{
    /// <summary>The traces of the messages it holds packets of; null when none ever was traced.</summary>
    public MessageContexts? Contexts { get; private set; }

    /// <summary>Free for the owner of the graph: what it keeps with the burst from one use to the next.</summary>
    public IBurstJourney? Journey { get; set; }

    /// <summary>Notes the trace of a message that it holds a packet of. Allocates the first time.</summary>
    /// <param name="message">The message and its trace.</param>
    public void AddContext(in MessageContext message) => (Contexts ??= new MessageContexts()).Add(message);

    /// <summary>Notes all traces that another burst carries, of which this one has got packets.</summary>
    /// <param name="burst">The other burst.</param>
    public void AddContextsOf(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        if (burst.Contexts is not { Count: > 0 } contexts)
            return;
        foreach (ref readonly var message in contexts.All)
            AddContext(message);
    }
}
