using Microsoft.Extensions.Options;
using RdmaPipeline.Hosting.Lifetime;

namespace RdmaPipeline.Hosting.Configuration;

/// <summary>Checks what holds for all devices, all errors at once.</summary>
internal sealed class PipelineOptionsValidator(DeviceNames devices) : IValidateOptions<RdmaPipelineOptions>
{
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_shortestPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, RdmaPipelineOptions options)
    {
        List<string> errors = [.. options.Errors];
        if (options.DrainTimeout < TimeSpan.Zero || options.DrainTimeout > s_longestDrain)
            errors.Add($"{nameof(options.DrainTimeout)} is {options.DrainTimeout}; it must lie in 0 to {s_longestDrain}");
        if (options.MonitorPeriod < s_shortestPeriod || options.MonitorPeriod > s_longestPeriod)
        {
            errors.Add(
                $"{nameof(options.MonitorPeriod)} is {options.MonitorPeriod}; it must lie in {s_shortestPeriod} to {s_longestPeriod}");
        }
        if (!(options.BlockedThreshold > 0 && options.BlockedThreshold <= 1))
            errors.Add($"{nameof(options.BlockedThreshold)} is {options.BlockedThreshold}; it must be above 0 and at most 1");
        foreach (string edited in options.EditedDevices.Where(edited => !devices.Contains(edited)))
        {
            errors.Add(
                $"a graph is to be changed of device '{edited}', which is not registered; there are {string.Join(", ", devices.All)}");
        }
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
