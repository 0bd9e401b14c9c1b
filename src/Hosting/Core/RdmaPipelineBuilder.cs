using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Hosting.Configuration;
using RdmaPipeline.Hosting.Lifetime;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting;

/// <summary>Registers the devices of a service. Names are told apart by case.</summary>
public sealed class RdmaPipelineBuilder
{
    private readonly DeviceNames _names;

    internal RdmaPipelineBuilder(IServiceCollection services, DeviceNames names) => (Services, _names) = (services, names);

    /// <summary>The services that are being registered.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Registers a device, which services get by <c>[FromKeyedServices("name")] RdmaDevice</c>, and if it is the only one also by its type.
    /// </summary>
    /// <param name="name">Its name in the service.</param>
    /// <param name="uri">Its address, as for <see cref="RdmaPipelineDevice.Open(string, DeviceOptions?)"/>.</param>
    /// <param name="options">Changes how it is built; null for the defaults.</param>
    /// <returns>This.</returns>
    /// <exception cref="ArgumentException">The name is blank, or registered already.</exception>
    public RdmaPipelineBuilder AddDevice(string name, string uri, Func<DeviceOptions, DeviceOptions>? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Register(name).Configure(settings =>
        {
            settings.Uri = uri;
            if (options is null)
                return;
            if (options(settings.Device) is { } changed)
                settings.Device = changed;
            else
                settings.Errors.Add("the function that changes its options returned null; it has to return the options");
        });
        return this;
    }

    /// <summary>Changes the description of every device's graph before it is built, as <see cref="DeviceOptions.Graph"/> does.</summary>
    /// <param name="edit">The change; it is asked once for each device, and makes new stages each time.</param>
    /// <returns>This.</returns>
    public RdmaPipelineBuilder UseGraph(Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        Services.PostConfigureAll<RdmaDeviceSettings>(settings => settings.EditGraph(edit));
        return this;
    }

    /// <summary>Changes the description of one device's graph before it is built.</summary>
    /// <param name="name">The device's name in the service. That there is none of the name is an error when the host starts.</param>
    /// <param name="edit">The change.</param>
    /// <returns>This.</returns>
    public RdmaPipelineBuilder UseGraph(string name, Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> edit)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(edit);
        Services.Configure<RdmaPipelineOptions>(options => options.EditedDevices.Add(name));
        Services.PostConfigure<RdmaDeviceSettings>(name, settings => settings.EditGraph(edit));
        return this;
    }

    /// <summary>Changes what holds for all devices.</summary>
    /// <param name="configure">The change.</param>
    /// <returns>This.</returns>
    public RdmaPipelineBuilder Configure(Action<RdmaPipelineOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    /// <summary>
    /// Takes options from a section: those of <see cref="RdmaPipelineOptions"/> by their names, and under <c>Devices</c> a section for each
    /// device, with <c>Uri</c> and the names of <see cref="DeviceOptions"/>. Devices that were not added by code are added; where both say
    /// something the later call wins. What is not known or cannot be read is an error when the host starts.
    /// </summary>
    /// <param name="section">The section, such as <c>configuration.GetSection("RdmaPipeline")</c>.</param>
    /// <returns>This.</returns>
    public RdmaPipelineBuilder Bind(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        Services.Configure<RdmaPipelineOptions>(options => PipelineSection.Read(section, options));
        foreach (var device in section.GetSection(PipelineSection.Devices).GetChildren())
        {
            var options = _names.Contains(device.Key) ? Services.AddOptions<RdmaDeviceSettings>(device.Key) : Register(device.Key);
            options.Configure(settings => DeviceSection.Read(device, settings));
        }

        return this;
    }

    private OptionsBuilder<RdmaDeviceSettings> Register(string name)
    {
        _names.Add(name);
        Services.AddKeyedSingleton(name, static (services, key) => services.GetRequiredService<RdmaDevices>().Open((string)key!));
        Services.TryAddSingleton(static services => services.GetRequiredService<RdmaDevices>().Single(services));
        return Services.AddOptions<RdmaDeviceSettings>(name).ValidateOnStart();
    }
}
