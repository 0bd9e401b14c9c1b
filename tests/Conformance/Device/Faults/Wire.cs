using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>Looks at a packet, BTH to ICRC, and may change it; false loses it.</summary>
internal delegate bool WireTouch(Span<byte> packet);

/// <summary>
/// A tap behind a stage of a device. It keeps the headers of all packets as they came; a test may change or lose them. Behind
/// <c>decode</c> the ICRC has been judged: a packet that is changed there is one that the peer sent so. Behind <c>encode</c> the change
/// breaks the ICRC.
/// </summary>
internal sealed class Wire(string behind)
{
    private readonly Lock _gate = new();
    private readonly List<WirePacket> _seen = [];
    private volatile WireTouch? _touch;

    public WireTouch? Touch
    {
        set => _touch = value;
    }

    /// <summary>What passed so far, in order.</summary>
    public IReadOnlyList<WirePacket> Seen
    {
        get
        {
            lock (_gate)
                return [.. _seen];
        }
    }

    public StageGraphSpec<PacketBurst> PutInto(StageGraphSpec<PacketBurst> graph)
    {
        string name = $"behind_{behind}";
        return graph.InsertAfter(behind, new StageSpec<PacketBurst> { Name = name, Factory = () => new Tap(name, this) });
    }

    private bool Pass(Span<byte> packet)
    {
        if (PacketView.TryParse(packet, out var view) == DropReason.None)
        {
            var aeth = view.Traits.Has(HeaderLayout.Aeth) ? view.Aeth : default(Aeth?);
            lock (_gate)
                _seen.Add(new WirePacket(view.DestinationQueuePair, view.Opcode, view.Psn.Value, aeth));
        }
        return _touch?.Invoke(packet) ?? true;
    }

    private sealed class Tap(string name, Wire wire) : PacketStage(name)
    {
        protected override void Process(ref PacketBurst burst)
        {
            Own(ref burst);
            ulong lost = 0;
            for (int i = 0; i < burst.Count; i++)
            {
                if (!wire.Pass(Header(burst, i)))
                    lost |= 1UL << i;
            }
            Drop(ref burst, lost, DropReason.InjectedFault);
        }
    }
}
