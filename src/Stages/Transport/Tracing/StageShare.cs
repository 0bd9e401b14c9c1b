using System.Diagnostics;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>What one stage did for one message.</summary>
internal sealed class StageShare(string stage, long start)
{
    private const int MaxLinks = 64;

    public string Stage { get; } = stage;

    public long Start { get; private set; } = start;

    public long End { get; private set; } = start;

    public int Packets { get; private set; }

    public int Bursts { get; private set; }

    /// <summary>The messages that were served together with this one, itself included; null while it was alone.</summary>
    public List<ActivityLink>? Links { get; private set; }

    /// <summary>The stage has worked on a burst with packets of the message.</summary>
    public void Add(long start, long end, int packets)
    {
        Start = Math.Min(Start, start);
        End = Math.Max(End, end);
        Packets += packets;
        Bursts++;
    }

    /// <summary>The stage has served another message, or the same, by the same burst.</summary>
    public void Link(in ActivityContext message)
    {
        Links ??= [];
        foreach (var link in Links)
        {
            if (link.Context == message)
                return;
        }
        if (Links.Count < MaxLinks)
            Links.Add(new ActivityLink(message));
    }
}
