using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>
/// What a process is called where somebody looks into it: what its operator calls it in telemetry, else what its host does, else what it
/// was built as. As a process it may have but the name of the runtime: that is what <c>dotnet X.dll</c> starts.
/// </summary>
internal static class ServiceName
{
    /// <summary>The variable of OpenTelemetry that names a service.</summary>
    public const string Variable = "OTEL_SERVICE_NAME";

    /// <summary>The name of this process where there is no host.</summary>
    public static string Default => Choose(application: null);

    /// <summary>The name of this process.</summary>
    /// <param name="services">Those of its host.</param>
    public static string Of(IServiceProvider services) => Choose(services.GetService<IHostEnvironment>()?.ApplicationName);

    private static string Choose(string? application)
    {
        string?[] names = [Environment.GetEnvironmentVariable(Variable), application, Assembly.GetEntryAssembly()?.GetName().Name];
        return Array.Find(names, name => !string.IsNullOrWhiteSpace(name)) ?? Process.GetCurrentProcess().ProcessName;
    }
}
