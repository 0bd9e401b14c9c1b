using RdmaPipeline.Backends;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline;

/// <summary>Opens RDMA devices and looks into their pipelines.</summary>
public static class RdmaPipelineDevice
{
    /// <summary>
    /// The devices of this machine (verbs.md section 1, get_device_list): <c>udp://</c> on each address of an interface that is up, unless
    /// its port is taken. In-memory devices come into being when they are opened and are in no list.
    /// </summary>
    /// <returns>URIs for <see cref="Open(string, DeviceOptions?)"/>.</returns>
    public static IReadOnlyList<string> List() => PacketBackends.List();

    /// <summary>
    /// The devices of this process that are open now, in the order of their opening, for programs that watch. Simulated ones are not among
    /// them: they stand still while nobody runs them.
    /// </summary>
    public static IReadOnlyList<RdmaDevice> OpenDevices => Transport.OpenDevices.Snapshot;

    /// <summary>Opens a device.</summary>
    /// <param name="uri">
    /// <c>mem://fabric/device</c> (with <c>?link=roce|ib&amp;icrc=on|off&amp;mtu=4096</c>) for a port of an in-memory fabric of this
    /// process, RoCEv2 or native InfiniBand, or
    /// <c>udp://ADDRESS[:PORT]</c> for RoCEv2 over a UDP socket bound to one of this machine's addresses; port 4791 if not given.
    /// </param>
    /// <param name="options">How the device is built; null for the defaults.</param>
    /// <returns>The device, running; to be disposed of.</returns>
    /// <exception cref="ArgumentException">The URI or an option is wrong; the message names it, its value and the limit.</exception>
    /// <exception cref="BackendOpenException">The address cannot be used; the message says why and what to do.</exception>
    public static RdmaDevice Open(string uri, DeviceOptions? options = null)
    {
        options ??= new DeviceOptions();
        DeviceOptionsValidator.Check(options);
        return Open(PacketBackends.Open(uri), options);
    }

    /// <summary>Opens a device on a back-end of the caller's: one of another kind, or a decorated one.</summary>
    /// <param name="backend">The back-end; it belongs to the device from now on, also when opening fails.</param>
    /// <param name="options">How the device is built; null for the defaults.</param>
    /// <returns>The device, running; to be disposed of.</returns>
    /// <exception cref="ArgumentException">An option is wrong; the message names it, its value and the limit.</exception>
    public static RdmaDevice Open(IPacketBackend backend, DeviceOptions? options = null) =>
        Open(backend, options ?? new DeviceOptions(), new DeviceSeams());

    /// <summary>Looks into the pipeline of a device.</summary>
    /// <param name="device">A device that <see cref="Open(string, DeviceOptions?)"/> has returned; it may be closed by now.</param>
    /// <returns>A live view.</returns>
    /// <exception cref="ArgumentException">The device has no pipeline.</exception>
    public static DevicePipeline GetPipeline(this RdmaDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Provider is TransportEngine engine
            ? new DevicePipeline(engine)
            : throw new ArgumentException($"Device {device.Name} was not opened by {nameof(RdmaPipelineDevice)}.", nameof(device));
    }

    /// <summary>Opens a device with parts that a simulation provides.</summary>
    internal static RdmaDevice Open(IPacketBackend backend, DeviceOptions options, DeviceSeams seams)
    {
        ArgumentNullException.ThrowIfNull(backend);
        try
        {
            DeviceOptionsValidator.Check(options);
            return new RdmaDevice(new TransportEngine(backend, options, seams));
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }
}
