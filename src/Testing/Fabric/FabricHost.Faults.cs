using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing;

/// <content>What may befall a host.</content>
public sealed partial class FabricHost
{
    /// <summary>Whether it stands still.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// Lets the host stand still, as when its process is not given the processor: nothing is sent, no timer runs; what arrives fills the
    /// receive ring. While it lasts, calls that have to wait for the device fail with <see cref="InvalidOperationException"/>.
    /// </summary>
    public void Pause() => SetPaused(true);

    /// <summary>Lets the host go on.</summary>
    public void Resume() => SetPaused(false);

    /// <summary>
    /// From now on its receiver takes packets out of the receive ring only at this pace; what the ring cannot hold is lost.
    /// </summary>
    /// <param name="perPacket">Time between two packets, 0 to an hour; 0: as fast as it can.</param>
    public void SlowReceiver(TimeSpan perPacket)
    {
        Limits.Check(nameof(perPacket), perPacket, TimeSpan.Zero, TimeSpan.FromHours(1));
        _port.ReceiveInterval = perPacket.Ticks * TimeSpan.NanosecondsPerTick;
        Tell($"receives a packet every {perPacket.TotalMicroseconds} µs");
    }

    /// <summary>Takes the port down, as an operator does: nothing is sent or received, and the device hears of it.</summary>
    public void PortDown() => _port.SetPortState(up: false);

    /// <summary>Takes the port up again.</summary>
    public void PortUp() => _port.SetPortState(up: true);

    /// <summary>
    /// Breaks a queue pair, as a fault of the adapter does: it goes to ERR, its oldest send ends with
    /// <see cref="WorkCompletionStatus.FatalError"/>, everything else is flushed, and QP_FATAL is raised.
    /// </summary>
    /// <param name="queuePair">A queue pair of this host, in any state; in RESET and ERR nothing happens.</param>
    /// <exception cref="ArgumentException">It belongs to another device.</exception>
    public void QueuePairError(QueuePair queuePair)
    {
        ArgumentNullException.ThrowIfNull(queuePair);
        CheckOwner(queuePair.Device, nameof(queuePair));
        Tell($"QP 0x{queuePair.Number:x} breaks");
        Pipeline.Fail(queuePair);
    }

    /// <summary>
    /// Breaks memory: from now on no byte of the region is to be had by its keys. Work requests of this host that use it end with
    /// <see cref="WorkCompletionStatus.LocalProtectionError"/>, those of peers with
    /// <see cref="WorkCompletionStatus.RemoteAccessError"/>. The region can still be disposed of.
    /// </summary>
    /// <param name="region">A region of this host whose key is in force, with no window bound to it.</param>
    /// <exception cref="ArgumentException">It belongs to another device.</exception>
    /// <exception cref="RdmaException">EBUSY: windows are bound to it. EINVAL: its key is not in force.</exception>
    public void MemoryError(MemoryRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        CheckOwner(region.ProtectionDomain.Device, nameof(region));
        Tell($"memory 0x{region.Address:x} breaks");
        region.Break();
    }

    /// <summary>Breaks the adapter beyond use: every queue pair fails, and DEVICE_FATAL is raised. The device can only be closed.</summary>
    public void DeviceError()
    {
        Tell("the device breaks");
        _port.Tell(BackendEvent.Failed);
    }

    private void SetPaused(bool paused)
    {
        if (paused == IsPaused)
            return;
        IsPaused = paused;
        foreach (var scheduler in _shards)
            Fabric.Shards.Pause(scheduler!, paused);
        Tell(paused ? "stands still" : "goes on");
    }

    private void CheckOwner(RdmaDevice device, string name)
    {
        if (device != Device)
            throw new ArgumentException($"{name} belongs to device {device.Name}; this is {Name}.", name);
    }

    private void Tell(string what) => Fabric.Log.Add(this, FabricEvent.Changed, null, detail: what);
}
