using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Lifetime;

/// <summary>Opens the registered devices, and knows which are open and by what name.</summary>
internal sealed class RdmaDevices(
    DeviceNames names, IOptionsMonitor<RdmaDeviceSettings> settings, ILogger<RdmaPipelineService> logger, IMeterFactory? meters = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RdmaDevice> _opened = [];

    /// <summary>The names of all registered devices.</summary>
    public IReadOnlyList<string> Names => names.All;

    /// <summary>The devices that were opened, the first one first.</summary>
    public IReadOnlyList<RdmaDevice> Opened
    {
        get
        {
            lock (_gate)
                return [.. _opened.Values];
        }
    }

    /// <summary>The name a device was registered under.</summary>
    public string? NameOf(RdmaDevice device)
    {
        lock (_gate)
            return _opened.FirstOrDefault(opened => opened.Value == device).Key;
    }

    /// <summary>Opens a device; once for each, by the container.</summary>
    public RdmaDevice Open(string name)
    {
        var how = settings.Get(name);
        try
        {
            var device = RdmaPipelineDevice.Open(how.Uri, how.Device with
            {
                MeterFactory = how.Device.MeterFactory ?? meters,
                Warned = how.Device.Warned ?? (text => logger.DeviceWarned(name, text)),
            });
            lock (_gate)
                _opened[name] = device;
            logger.DeviceOpened(name, how.Uri, device.Name);
            return device;
        }
        catch (Exception fault)
        {
            logger.DeviceNotOpened(name, how.Uri, fault);
            throw;
        }
    }

    /// <summary>The only device there is.</summary>
    /// <exception cref="InvalidOperationException">There are several.</exception>
    public RdmaDevice Single(IServiceProvider services) => Names.Count == 1
        ? services.GetRequiredKeyedService<RdmaDevice>(Names[0])
        : throw new InvalidOperationException(
            $"{Names.Count} devices are registered ({string.Join(", ", Names)}): ask for one by [FromKeyedServices(\"name\")]");
}
