using System.Runtime.CompilerServices;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// The multicast groups a device is a member of (R-BE-36). A socket bound to a unicast address gets no group datagrams, so each group has
/// one of its own, bound to the group; one call asks all of them who has something.
/// </summary>
internal sealed unsafe class UdpGroups : IDisposable
{
    private readonly Func<UInt128, UdpSocket> _open;
    private readonly Func<UdpSocket, UdpReceiver> _receive;
    private readonly BackendCounters _counters;
    private readonly List<UInt128> _groups = [];
    private readonly List<UdpSocket> _sockets = [];
    private readonly List<UdpReceiver> _receivers = [];
    private PollDescriptor[] _polled = [];
    private int _first;

    /// <param name="open">Opens a socket that is a member of a group.</param>
    /// <param name="receive">Makes the reader of a socket.</param>
    /// <param name="counters">Where calls are counted.</param>
    public UdpGroups(Func<UInt128, UdpSocket> open, Func<UdpSocket, UdpReceiver> receive, BackendCounters counters)
    {
        _open = open;
        _receive = receive;
        _counters = counters;
    }

    /// <summary>Whether there is no group, and so nothing to do.</summary>
    public bool IsEmpty => _groups.Count == 0;

    /// <summary>The descriptors to park on.</summary>
    public ReadOnlySpan<PollDescriptor> Descriptors => _polled;

    /// <summary>Becomes a member.</summary>
    public void Join(UInt128 group)
    {
        if (_groups.Contains(group))
            return;
        var socket = _open(group);
        _groups.Add(group);
        _sockets.Add(socket);
        _receivers.Add(_receive(socket));
        Rebuild();
    }

    /// <summary>Ends a membership: the kernel leaves the group when its socket is closed.</summary>
    public void Leave(UInt128 group)
    {
        var index = _groups.IndexOf(group);
        if (index < 0)
            return;
        _receivers[index].Dispose();
        _sockets[index].Dispose();
        _groups.RemoveAt(index);
        _sockets.RemoveAt(index);
        _receivers.RemoveAt(index);
        Rebuild();
    }

    /// <summary>Pulls what has arrived for any group, each in its turn.</summary>
    /// <returns>Number of bursts.</returns>
    public int Receive(Span<PacketBurst?> bursts)
    {
        Ask();
        var filled = 0;
        _first = (_first + 1) % _polled.Length;
        for (var i = 0; i < _polled.Length && filled < bursts.Length; i++)
        {
            var index = (_first + i) % _polled.Length;
            if (_polled[index].Returned != 0 || _receivers[index].HasReady)
                filled += _receivers[index].Receive(bursts[filled..]);
        }

        return filled;
    }

    public void Dispose()
    {
        foreach (var receiver in _receivers)
            receiver.Dispose();
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private void Ask()
    {
        var now = default(TimeSpecification);
        _counters.Received.CountCall();
        if (LibC.Poll((PollDescriptor*)Unsafe.AsPointer(ref _polled[0]), (ulong)_polled.Length, &now, null) > 0)
            return;
        _counters.Received.CountIdleCall();
        foreach (ref var polled in _polled.AsSpan())
            polled.Returned = 0;
    }

    private void Rebuild()
    {
        _polled = GC.AllocateArray<PollDescriptor>(_sockets.Count, pinned: true);
        for (var i = 0; i < _polled.Length; i++)
            _polled[i] = new PollDescriptor { Descriptor = _sockets[i].Descriptor, Events = PollDescriptor.Readable };
    }
}
