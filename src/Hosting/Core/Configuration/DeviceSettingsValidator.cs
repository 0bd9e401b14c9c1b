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
        if (!s_schemes.Any(scheme => options.Uri.StartsWith(scheme, StringComparison.Ordinal)))
            errors.Add($"{nameof(options.Uri)} is '{options.Uri}'; it must be mem://FABRIC/DEVICE or udp://ADDRESS");
        errors.AddRange(DeviceOptionsValidator.Errors(options.Device));
        if (options.Device.Preset == PipelinePreset.Simulated || options.Device.Driver == ShardDriverKind.Seeded)
            errors.Add($"{nameof(DeviceOptions.Preset)} is {options.Device.Preset}; in a service nobody moves a simulated device");
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(errors.Select(error => $"device '{name}': {error}"));
    }
}
