using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Backends.Udp;

/// <summary>Parks a driver on its sockets and on an event that any thread can signal.</summary>
internal sealed unsafe class UdpParking : IDisposable
{
    private readonly WakeLatch _latch = new();
    private readonly BackendCounters _counters;
    private readonly UdpSocket _receiver;
    private readonly UdpSocket _sender;
    private readonly FileDescriptor _event;

    // The receiver, the event, the groups, and the sender, who is left out unless somebody waits for room.
    private PollDescriptor[] _descriptors = [];

    public UdpParking(UdpSocket receiver, UdpSocket sender, BackendCounters counters)
    {
        _receiver = receiver;
        _sender = sender;
        _counters = counters;
        var descriptor = LibC.OpenEvent(0, SocketConstants.NonBlocking | SocketConstants.CloseOnExec);
        if (descriptor < 0)
            throw new BackendOpenException("No eventfd: the process has too many open files.", Marshal.GetLastPInvokeError());
        _event = new FileDescriptor(descriptor);
        Watch([]);
    }

    /// <summary>Says which sockets of multicast groups end a wait from now on. Not while somebody waits.</summary>
    public void Watch(ReadOnlySpan<PollDescriptor> groups)
    {
        _descriptors = GC.AllocateArray<PollDescriptor>(3 + groups.Length, pinned: true);
        _descriptors[0] = new PollDescriptor { Descriptor = _receiver.Descriptor, Events = PollDescriptor.Readable };
        _descriptors[1] = new PollDescriptor { Descriptor = _event.Number, Events = PollDescriptor.Readable };
        groups.CopyTo(_descriptors.AsSpan(2));
        _descriptors[^1] = new PollDescriptor { Descriptor = _sender.Descriptor, Events = PollDescriptor.Writable };
    }

    public bool Wait(long timeoutNanoseconds, bool orSendReady)
    {
        var descriptors = (PollDescriptor*)Unsafe.AsPointer(ref _descriptors[0]);
        var count = (uint)_descriptors.Length - (orSendReady ? 0u : 1u);
        var ready = 0;
        if (_latch.Arm())
            ready = Poll(descriptors, count, timeoutNanoseconds);
        if (ready > 0 && descriptors[1].Returned != 0)
            ClearEvent();
        return _latch.Disarm() | ready > 0;
    }

    public void Wake()
    {
        if (!_latch.Set())
            return;
        var held = false;
        try
        {
            // Any thread may come here while the owner closes the event.
            _event.DangerousAddRef(ref held);
            ulong one = 1;
            _counters.CountWake();
            _ = LibC.Write(_event.Number, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Closed: nobody waits any more.
        }
        finally
        {
            if (held)
                _event.DangerousRelease();
        }
    }

    public void Dispose() => _event.Dispose();

    private int Poll(PollDescriptor* descriptors, uint count, long nanoseconds)
    {
        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        var timeout = new TimeSpecification { Seconds = seconds, Nanoseconds = rest };
        if (nanoseconds != 0)
            _counters.CountPark();
        _counters.CountWait();

        // Interrupted by a signal counts as time over: the driver looks around and comes back.
        return Math.Max(0, LibC.Poll(descriptors, count, nanoseconds < 0 ? null : &timeout, null));
    }

    private void ClearEvent()
    {
        ulong count;
        _counters.CountWake();
        _ = LibC.Read(_event.Number, &count, sizeof(ulong));
    }
}
