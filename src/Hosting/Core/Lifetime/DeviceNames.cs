using Microsoft.Extensions.DependencyInjection;

namespace RdmaPipeline.Hosting.Lifetime;

/// <summary>The names of the devices that were registered, in their order: one list for all calls on the same services.</summary>
internal sealed class DeviceNames
{
    private readonly List<string> _names = [];

    public IReadOnlyList<string> All => _names;

    public static DeviceNames Of(IServiceCollection services)
    {
        foreach (var service in services)
        {
            if (service is { IsKeyedService: false, ImplementationInstance: DeviceNames known })
                return known;
        }

        var names = new DeviceNames();
        services.AddSingleton(names);
        return names;
    }

    public bool Contains(string name) => _names.Contains(name, StringComparer.Ordinal);

    /// <exception cref="ArgumentException">The name is registered already.</exception>
    public void Add(string name)
    {
        if (Contains(name))
            throw new ArgumentException($"device name is {name}; this name is registered already.", nameof(name));
        _names.Add(name);
    }
}
