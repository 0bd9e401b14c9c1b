using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>A stage that judges packet by packet and changes none: it passes or drops them.</summary>
public abstract class FilterStage : PacketStage
{
    /// <summary>Names the stage.</summary>
    /// <param name="name">For people; null for the name of the type.</param>
    protected FilterStage(string? name = null)
        : base(name)
    {
    }

    /// <inheritdoc/>
    protected sealed override void Process(ref PacketBurst burst)
    {
        Span<DropReason> verdicts = stackalloc DropReason[PacketBurst.MaxPackets];
        ulong dropped = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            ref readonly var packet = ref burst.Packets[i];
            verdicts[i] = packet.Drop == DropReason.None ? Judge(burst, i) : DropReason.None;
            if (verdicts[i] != DropReason.None)
                dropped |= 1UL << i;
        }
        if (dropped != 0)
            Drop(ref burst, dropped, verdicts);
    }

    /// <summary>Looks at one packet.</summary>
    /// <param name="burst">The burst it is in; somebody else may be reading it too, so it must not be changed.</param>
    /// <param name="index">The packet; not one that an earlier stage has found bad.</param>
    /// <returns><see cref="DropReason.None"/> passes it on; any other reason drops and counts it.</returns>
    protected abstract DropReason Judge(PacketBurst burst, int index);

    private void Drop(ref PacketBurst burst, ulong dropped, ReadOnlySpan<DropReason> verdicts)
    {
        Own(ref burst);
        for (int i = 0; i < burst.Count; i++)
        {
            if ((dropped & (1UL << i)) == 0)
                continue;
            burst.Packets[i].Drop = verdicts[i];
            Context.Dropped(verdicts[i], 1, burst);
        }
        Remove(ref burst, dropped);
    }
}
