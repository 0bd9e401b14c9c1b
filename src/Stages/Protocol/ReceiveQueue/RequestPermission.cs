using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Which operations the responder executes, and the access flag of the queue pair that each needs (check 3 of responder.md section 4).
/// </summary>
internal static class RequestPermission
{
    private const int Unsupported = -1;

    private static readonly int[] Needed = Build();

    /// <summary>Judges an operation against the access flags of the queue pair.</summary>
    public static RequestFault Check(PacketOperation operation, AccessFlags granted)
    {
        var needed = Needed[(int)operation];
        if (needed == Unsupported) return RequestFault.Unsupported;
        return ((int)granted & needed) == needed ? RequestFault.None : RequestFault.NotPermitted;
    }

    /// <summary>Judges a FLUSH, which needs a flag for each bit of its placement; reserved values are not executed (R-WIRE-11).</summary>
    public static RequestFault CheckFlush(Feth header, AccessFlags granted)
    {
        if (!header.IsLegal) return RequestFault.Unsupported;
        var needed = NeededFor(header.Placement);
        return (granted & needed) == needed ? RequestFault.None : RequestFault.NotPermitted;
    }

    /// <summary>The access flags, of queue pair and memory, that a placement needs.</summary>
    public static AccessFlags NeededFor(FlushPlacement placement) =>
        ((placement & FlushPlacement.GlobalVisibility) != 0 ? AccessFlags.FlushGlobal : 0)
        | ((placement & FlushPlacement.Persistence) != 0 ? AccessFlags.FlushPersistent : 0);

    private static int[] Build()
    {
        var needed = new int[(int)PacketOperation.CongestionNotification + 1];
        Array.Fill(needed, Unsupported);
        needed[(int)PacketOperation.Send] = (int)AccessFlags.None;
        needed[(int)PacketOperation.Write] = (int)AccessFlags.RemoteWrite;
        needed[(int)PacketOperation.ReadRequest] = (int)AccessFlags.RemoteRead;
        needed[(int)PacketOperation.CompareSwap] = (int)AccessFlags.RemoteAtomic;
        needed[(int)PacketOperation.FetchAdd] = (int)AccessFlags.RemoteAtomic;
        needed[(int)PacketOperation.AtomicWrite] = (int)AccessFlags.RemoteWrite;
        // What a FLUSH needs stands in the packet.
        needed[(int)PacketOperation.Flush] = (int)AccessFlags.None;
        return needed;
    }
}
