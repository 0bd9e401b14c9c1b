using Microsoft.Extensions.Options;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;

namespace RdmaPipeline.Hosting.Configuration;

/// <summary>Checks what a device is opened by, all errors at once, by the device's own rules.</summary>
internal sealed class DeviceSettingsValidator : IValidateOptions<RdmaDeviceSettings>
{
    private static readonly string[] s_schemes = ["mem://", "udp://"];

    public ValidateOptionsResult Validate(string? name, RdmaDeviceSettings options)
    {
        List<string> errors = [.. options.Errors];
        if (options.Uri is null || !s_schemes.Any(scheme => options.Uri.StartsWith(scheme, StringComparison.Ordinal)))
            errors.Add($"{nameof(options.Uri)} is '{options.Uri}'; it must be mem://FABRIC/DEVICE or udp://ADDRESS");
        if (options.Device is null)
            errors.Add($"{nameof(options.Device)} is null; leave it out for the defaults");
        else
            CheckDevice(errors, options.Device);
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(errors.Select(error => $"device '{name}': {error}"));
    }

    private static void CheckDevice(List<string> errors, DeviceOptions device)
    {
        errors.AddRange(DeviceOptionsValidator.Errors(device));
        if (device.Preset == PipelinePreset.Simulated)
            errors.Add($"{nameof(device.Preset)} is {device.Preset}; in a service nobody moves a simulated device");
        if (device.Driver == ShardDriverKind.Seeded)
            errors.Add($"{nameof(device.Driver)} is {device.Driver}; in a service nobody moves a simulated device");
    }
}
