using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>Arguments: mostly sensible ones, sometimes one at a limit, beyond it, or of no sense at all.</summary>
internal static class Absurd
{
    private const AccessFlags Sensible = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead
        | AccessFlags.RemoteAtomic | AccessFlags.MemoryWindowBind;

    /// <summary>A size of a queue.</summary>
    public static int Size(ref RecordReader choices) => choices.Below(16) switch
    {
        < 8 => choices.Between(1, 16), < 11 => 1, 11 => 0, 12 => -1, 13 => int.MaxValue, 14 => (1 << 20) + 1, _ => choices.Byte() * 16,
    };

    /// <summary>A small number that is often one of a few that are right.</summary>
    public static int Small(int most, ref RecordReader choices) => choices.Below(16) switch
    {
        < 12 => choices.Between(0, most), 12 => most + 1, 13 => -1, 14 => int.MinValue, _ => choices.Byte(),
    };

    /// <summary>A place in a region: near its beginning, or just before its end.</summary>
    public static ulong Offset(ulong length, ref RecordReader choices)
    {
        var choice = choices.Byte();
        return choice < 224 ? choice : length - Math.Min(length, 8UL * (255U - choice));
    }

    public static int Port(ref RecordReader choices) => choices.Below(16) switch { < 13 => 1, 13 => 0, 14 => 2, _ => -1 };

    public static AccessFlags Access(ref RecordReader choices) => choices.Below(8) switch
    {
        < 3 => Sensible, 3 => AccessFlags.LocalWrite, 4 => (AccessFlags)choices.Byte(), 5 => Sensible | AccessFlags.ZeroBased,
        6 => (AccessFlags)(choices.Byte() << 4), _ => (AccessFlags)(choices.UInt16() << 8 | choices.Byte()),
    };

    public static T Enum<T>(ref RecordReader choices)
        where T : struct, Enum
    {
        var values = System.Enum.GetValues<T>();
        return choices.OneIn(12) ? (T)System.Enum.ToObject(typeof(T), choices.Byte()) : values[choices.Below(values.Length)];
    }

    public static Gid Gid(VerbsSide side, ref RecordReader choices) => choices.Below(8) switch
    {
        < 5 => side.Device.QueryGid(1, 0), 5 => new Gid(choices.Byte()), 6 => new Gid(UInt128.MaxValue),
        _ => RdmaPipeline.Verbs.Gid.Empty,
    };

    public static AddressVector Vector(VerbsSide peer, ref RecordReader choices) => new()
    {
        Port = Port(ref choices), DestinationGid = Gid(peer, ref choices), IsGlobal = choices.OneIn(12) == peer.IsNative,
        DestinationLid = choices.OneIn(12) ? (ushort)choices.UInt16() : peer.Lid,
        SourceGidIndex = choices.OneIn(8) ? Small(1, ref choices) : 0, FlowLabel = choices.OneIn(12) ? uint.MaxValue : choices.Byte(),
        HopLimit = choices.Byte(), TrafficClass = choices.Byte(), ServiceLevel = (byte)(choices.OneIn(12) ? choices.Byte() : 0),
    };

    public static QueuePairCapabilities Capabilities(ref RecordReader choices) => new()
    {
        MaxSendWorkRequests = Size(ref choices), MaxReceiveWorkRequests = Size(ref choices), MaxSendEntries = Small(4, ref choices),
        MaxReceiveEntries = Small(4, ref choices), MaxInlineData = choices.OneIn(8) ? Small(512, ref choices) : 64,
    };

    public static ConnectOptions Connect(ref RecordReader choices) => new()
    {
        Port = Port(ref choices), PkeyIndex = choices.OneIn(12) ? Small(4, ref choices) : 0,
        PathMtu = choices.OneIn(12) ? (PathMtu)choices.Byte() : (PathMtu)choices.Between(1, 5),
        Access = choices.OneIn(8) ? Access(ref choices) : Sensible, Timeout = choices.OneIn(16) ? 32 : choices.Between(1, 10),
        RetryCount = choices.OneIn(16) ? 8 : choices.Below(8), RnrRetry = choices.OneIn(16) ? -1 : choices.Below(7),
        MinRnrTimer = choices.OneIn(16) ? 32 : choices.Between(1, 20), MaxReadAtomic = choices.OneIn(16) ? 129 : choices.Between(1, 8),
        MaxDestinationReadAtomic = choices.OneIn(16) ? 129 : choices.Between(1, 8),
    };
}
