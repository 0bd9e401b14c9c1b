using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>The memory of one host that its peers wrote, read and operated on, as the packets show it.</summary>
internal sealed class RemoteMemory
{
    private const int MostIndices = 1 << 10;

    private readonly ReplaySetup _setup;
    private readonly SortedDictionary<uint, RemoteRegion> _regions = [];

    public RemoteMemory(ReplaySetup setup, IReadOnlyList<EndRecord> ends)
    {
        _setup = setup;
        var uses = ends.SelectMany(end => end.PeerMessages).Where(message => message.Remote().Key != 0);
        foreach (var group in uses.GroupBy(message => message.Remote().Key).Where(group => !setup.UnknownKeys.Contains(group.Key)))
        {
            var start = group.Min(message => message.Remote().Address);
            var end = group.Max(message => message.Remote().Address + message.Length);
            _regions.Add(group.Key, new RemoteRegion(group.Key, start, (int)(end - start) - setup.BytesBeyondRegion));
        }
    }

    public IEnumerable<RemoteRegion> Regions => _regions.Values;

    /// <summary>Notes what one frame says about the memory.</summary>
    /// <param name="end">The queue pair of this host that sent or got it.</param>
    /// <param name="frame">A frame of the capture, in order.</param>
    public void Note(EndRecord end, CapturedFrame frame)
    {
        if (end.PeerMessageAt(frame.Psn) is not { } message || !_regions.TryGetValue(message.Remote().Key, out var region)) return;
        var view = frame.View;
        var address = message.Remote().Address + (ulong)(frame.Psn.StepsFrom(message.First) * _setup.PathMtu);
        switch (frame.Traits.Operation)
        {
            case PacketOperation.Write when end.HasRefused(message) is null:
                region.Written(address, view.Payload);
                break;
            case PacketOperation.ReadResponse:
                region.Read(address, view.Payload);
                break;
            case PacketOperation.AtomicAcknowledge:
                Note(region, message, view.AtomicAckEth.OriginalRemoteData);
                break;
        }
    }

    /// <summary>The owner has put into its memory what a READ that is about to arrive will show.</summary>
    public void Rewrite(EndRecord end, CapturedFrame request)
    {
        if (request.Traits.Operation != PacketOperation.ReadRequest) return;
        var message = end.PeerMessageAt(request.Psn)!;
        _regions[message.Remote().Key].Rewrite(message.Remote().Address, end.Answer(message));
    }

    /// <summary>Registers it all under the keys of the capture.</summary>
    /// <param name="table">A new table whose first index is 1.</param>
    /// <param name="domain">The protection domain of the host's queue pairs.</param>
    /// <param name="queuePair">The queue pair that windows are tied to.</param>
    public void Register(MemoryRegionTable table, uint domain, QueuePairContext? queuePair)
    {
        foreach (var region in _regions.Values)
        {
            if (_setup.Windows.Contains(region.Key)) Bind(table, region, domain, queuePair!);
            else AddAt(table, region.Key, key => EntryOf(region, domain, _setup.RegionAccess, key));
        }
    }

    // The index of a key is the table's to give, so those in between are taken and given back.
    private static void AddAt(MemoryRegionTable table, uint key, Func<uint, MemoryRegionEntry> make)
    {
        Assert.InRange(MemoryKey.Index(key), 1, MostIndices);
        while (true)
        {
            var entry = table.Add(isWindow: false, given => make(MemoryKey.Index(given) == MemoryKey.Index(key) ? key : given));
            if (entry.Key == key) return;
            Assert.True(entry.Key < key, $"Key 0x{key:x} cannot be had");
            table.Invalidate(entry.Key);
        }
    }

    private static void Bind(MemoryRegionTable table, RemoteRegion region, uint domain, QueuePairContext queuePair)
    {
        const AccessFlags access = AccessFlags.RemoteRead | AccessFlags.RemoteWrite;
        var below = table.Add(false, key => EntryOf(region, domain, access | AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind, key));
        var marker = MemoryRegionEntry.Marker(domain);
        table.Add(isWindow: true, _ => marker);
        Assert.True(table.TryBind(
            new MemoryRegionEntry
            {
                Key = region.Key, ProtectionDomain = domain, Kind = MemoryKeyKind.WindowType2B, Free = marker, Start = region.Start,
                Length = (ulong)region.Length, Access = access, PeerMayInvalidate = true,
            },
            below, queuePair));
    }

    private static MemoryRegionEntry EntryOf(RemoteRegion region, uint domain, AccessFlags access, uint key) => new()
    {
        Key = key, ProtectionDomain = domain, Access = access,
        Start = region.Start, Length = (ulong)region.Length, Pointer = region.Pointer,
    };

    private static void Note(RemoteRegion region, SentMessage message, ulong original)
    {
        region.Read(message.Remote().Address, BitConverter.GetBytes(original));
        var operands = message.FirstFrame.View.AtomicEth;
        var result = message.Opcode == SendOpcode.FetchAndAdd ? unchecked(original + operands.SwapOrAdd)
            : original == operands.Compare ? operands.SwapOrAdd : original;
        region.Written(message.Remote().Address, BitConverter.GetBytes(result));
    }
}
