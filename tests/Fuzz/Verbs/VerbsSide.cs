using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>One device and everything that was made from it.</summary>
internal sealed class VerbsSide(RdmaDevice device)
{
    private const int MostPasses = 16;

    public RdmaDevice Device => device;

    public bool IsNative { get; } = device.QueryPort(1).LinkLayer == LinkLayer.InfiniBand;

    public ushort Lid => device.QueryPort(1).Lid;

    public VerbsObjects<ProtectionDomain> Domains { get; } = new();

    public VerbsObjects<CompletionQueue> Queues { get; } = new();

    public VerbsObjects<CompletionChannel> Channels { get; } = new();

    public VerbsObjects<QueuePair> Pairs { get; } = new();

    public VerbsObjects<QueuePair> OpenedPairs { get; } = new();

    public VerbsObjects<SharedReceiveQueue> SharedQueues { get; } = new();

    public VerbsObjects<MemoryRegion> Regions { get; } = new();

    public VerbsObjects<MemoryWindow> Windows { get; } = new();

    public VerbsObjects<AddressHandle> Handles { get; } = new();

    public VerbsObjects<XrcDomain> XrcDomains { get; } = new();

    public VerbsObjects<DeviceMemory> DeviceMemories { get; } = new();

    /// <summary>The groups that queue pairs were attached to.</summary>
    public HashSet<(QueuePair Pair, Gid Group, ushort Lid)> Memberships { get; } = [];

    /// <summary>R-VERB-19: the device counts what there is.</summary>
    public void CheckCounts()
    {
        Check("protection domains", device.ProtectionDomainCount, Domains.Alive);
        Check("completion queues", device.CompletionQueueCount, Queues.Alive);
        Check("completion channels", device.CompletionChannelCount, Channels.Alive);
        Check("queue pairs", device.QueuePairCount, Pairs.Alive);
        Check("shared receive queues", device.SharedReceiveQueueCount, SharedQueues.Alive);
        Check("memory regions", device.MemoryRegionCount, Regions.Alive);
        Check("memory windows", device.MemoryWindowCount, Windows.Alive);
        Check("address handles", device.AddressHandleCount, Handles.Alive);
        Check("XRC domains", device.XrcDomainCount, XrcDomains.Alive);
        Check("device memories", device.DeviceMemoryCount, DeviceMemories.Alive);
    }

    /// <summary>Disposes of one object by choice.</summary>
    public bool DisposeOne(ref RecordReader choices) => choices.Below(14) switch
    {
        0 => DisposeOne(Domains, ref choices),
        1 => DisposeOne(Queues, ref choices),
        2 => DisposeOne(Channels, ref choices),
        3 or 4 => DisposeOne(Pairs, ref choices),
        5 => DisposeOne(OpenedPairs, ref choices),
        6 => DisposeOne(SharedQueues, ref choices),
        7 or 8 => DisposeOne(Regions, ref choices),
        9 or 10 => DisposeOne(Windows, ref choices),
        11 => DisposeOne(Handles, ref choices),
        12 => DisposeOne(XrcDomains, ref choices),
        _ => DisposeOne(DeviceMemories, ref choices),
    };

    /// <summary>Disposes of everything in an order that is mostly wrong: what is busy is tried again when others are gone.</summary>
    public void DisposeAll()
    {
        foreach (var (pair, group, lid) in Memberships) pair.DetachMulticast(group, lid);
        var refusals = 1;
        for (var pass = 0; refusals != 0; pass++)
        {
            if (pass == MostPasses) throw new FuzzFailureException($"{refusals} objects stay busy though nothing uses them");
            refusals = DisposeWhatLetsGo(Domains) + DisposeWhatLetsGo(Queues) + DisposeWhatLetsGo(Channels) + DisposeWhatLetsGo(Regions)
                + DisposeWhatLetsGo(SharedQueues) + DisposeWhatLetsGo(XrcDomains) + DisposeWhatLetsGo(DeviceMemories)
                + DisposeWhatLetsGo(Pairs) + DisposeWhatLetsGo(OpenedPairs) + DisposeWhatLetsGo(Windows) + DisposeWhatLetsGo(Handles);
        }

        CheckCounts();
    }

    private static bool DisposeOne<T>(VerbsObjects<T> objects, ref RecordReader choices)
        where T : class, IDisposable
    {
        if (objects.Pick(ref choices, out var isGone) is not { } item) return false;
        // Once more is harmless.
        item.Dispose();
        if (!isGone) objects.Bury(item);
        return true;
    }

    private static int DisposeWhatLetsGo<T>(VerbsObjects<T> objects)
        where T : class, IDisposable
    {
        var refusals = 0;
        foreach (var item in objects.Living.ToList())
        {
            try
            {
                item.Dispose();
                objects.Bury(item);
            }
            catch (RdmaException busy) when (busy.Errno == VerbsErrno.EBUSY)
            {
                refusals++;
            }
        }

        return refusals;
    }

    private static void Check(string what, int counted, int expected)
    {
        if (counted != expected) throw new FuzzFailureException($"the device counts {counted} {what}; there are {expected}");
    }
}
