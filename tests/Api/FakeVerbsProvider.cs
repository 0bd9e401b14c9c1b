using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>
/// A device without a transport: it takes every transition, records what it was told, and lets a test look in while it quiesces.
/// </summary>
internal sealed class FakeVerbsProvider : IVerbsProvider
{
    private readonly Random _random = new(20_260_101);
    private readonly Dictionary<QueuePairContext, QueuePairAttributes> _attributes = [];
    private uint _nextNumber = 16;

    public DeviceAttributes Attributes { get; set; } = new() { Name = "fake0", CompletionVectors = 2 };

    public PortAttributes Port { get; set; } = new()
    {
        State = PortState.Active, PhysicalState = PortPhysicalState.LinkUp, ActiveMtu = PathMtu.Mtu1024, GidTableLength = 8,
    };

    public Dictionary<int, GidEntry> Gids { get; } = new()
    {
        [0] = new GidEntry(Gid.Parse("fe80::5054:ff:fe12:3456"), GidType.RoCEv2, "fake"),
        [1] = new GidEntry(Gid.Parse("::ffff:10.0.0.1"), GidType.RoCEv2, "fake"),
        [3] = new GidEntry(Gid.Parse("2001:db8::1"), GidType.RoCEv2, "fake"),
    };

    public HashSet<Gid> Unreachable { get; } = [];

    public ushort[] Pkeys { get; } = [0xFFFF, 0, 0x7FFF];

    public List<PortModification> PortModifications { get; } = [];

    public long Clock { get; set; }

    public List<(CompletionQueue Queue, long Nanoseconds)> HeldEvents { get; } = [];

    public List<QueuePairContext> SendDoorbells { get; } = [];

    public List<QueuePairContext> ReceiveDoorbells { get; } = [];

    public List<QueuePairAttributes> Modifications { get; } = [];

    public List<QueuePairContext> Destroyed { get; } = [];

    public List<(Gid Group, ushort Lid)> Groups { get; } = [];

    public int QuiesceCalls { get; private set; }

    public int Handovers { get; private set; }

    public int CloseCalls { get; private set; }

    public RdmaDevice? Device { get; private set; }

    public Action OnQuiesce { get; set; } = static () => { };

    public Func<bool> OnDrive { get; set; } = static () => false;

    public DeviceAttributes QueryDevice() => Attributes;

    public PortAttributes QueryPort(int port) => Port;

    public GidEntry? QueryGid(int port, int index) => Gids.TryGetValue(index, out GidEntry entry) ? entry : null;

    public ushort QueryPkey(int port, int index) => Pkeys[index];

    public void SetPkey(int port, int index, ushort pkey) => Pkeys[index] = pkey;

    public void ModifyPort(int port, PortModification change) => PortModifications.Add(change);

    public long ReadClock() => Clock;

    public void NotifyLater(CompletionQueue queue, long nanoseconds) => HeldEvents.Add((queue, nanoseconds));

    public void Resolve(AddressVector vector)
    {
        if (Unreachable.Contains(vector.DestinationGid))
            throw new RdmaException(VerbsErrno.EHOSTUNREACH, "nobody there");
    }

    public bool Supports(QueuePairType type) => type != QueuePairType.RawPacket;

    public uint NextRandom() => (uint)_random.NextInt64(1L << 32);

    public void Attach(RdmaDevice device) => Device = device;

    public void RegisterQueuePair(QueuePairContext context)
    {
        context.Number = _nextNumber++;
        _attributes[context] = new QueuePairAttributes();
    }

    public void Modify(QueuePairContext context, QueuePairAttributes attributes)
    {
        Modifications.Add(attributes);
        _attributes[context] = _attributes[context] with { Port = attributes.Port ?? _attributes[context].Port };
        context.State = attributes.State ?? context.State;
    }

    public QueuePairAttributes Query(QueuePairContext context) => _attributes[context] with { State = context.State };

    public void Destroy(QueuePairContext context) => Destroyed.Add(context);

    public bool AttachMulticast(QueuePairContext context, Gid group, ushort lid)
    {
        if (Groups.Contains((group, lid)))
            return false;
        Groups.Add((group, lid));
        return true;
    }

    public void DetachMulticast(QueuePairContext context, Gid group, ushort lid) => Groups.Remove((group, lid));

    public void RingSend(QueuePairContext context) => SendDoorbells.Add(context);

    public void RingReceive(QueuePairContext context) => ReceiveDoorbells.Add(context);

    public void Quiesce()
    {
        QuiesceCalls++;
        OnQuiesce();
    }

    public bool Drive() => OnDrive();

    public void AwaitHandover() => Handovers++;

    public void Close() => CloseCalls++;
}
