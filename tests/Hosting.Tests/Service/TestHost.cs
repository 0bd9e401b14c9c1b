using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RdmaPipeline.Hosting;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>A host with nothing but what a test registers, and its log.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _isRunning;

    public TestHost(Action<RdmaPipelineBuilder> configure, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log);
        builder.Services.AddRdmaPipeline(configure);
        more?.Invoke(builder.Services);
        _host = builder.Build();
    }

    public RecordedLog Log { get; } = new();

    public IServiceProvider Services => _host.Services;

    /// <summary>The address of a device on a fabric of the test's own.</summary>
    public static string Address(string device) => $"mem://hosting-{Guid.NewGuid():n}/{device}";

    public async Task StartAsync()
    {
        await _host.StartAsync();
        _isRunning = true;
    }

    public Task StopAsync()
    {
        _isRunning = false;
        return _host.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isRunning)
            await StopAsync();
        _host.Dispose();
    }
}
