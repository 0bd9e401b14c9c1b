using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RdmaPipeline.Hosting.Page;

/// <summary>The page of a service that has no web server: there while the service runs.</summary>
internal sealed partial class PageService(IServiceProvider services, PageSettings settings, ILogger<RdmaPipelinePage> logger)
    : IHostedService, IAsyncDisposable
{
    private RdmaPipelinePage? _page;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _page = await RdmaPipelinePage.StartAsync(
            settings.Port, settings.Configure, PageSource.Of(services), null, cancellationToken).ConfigureAwait(false);
        LogAddress(_page.Address);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync().ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (_page is { } page)
            await page.DisposeAsync().ConfigureAwait(false);
        _page = null;
    }

    [LoggerMessage(30, LogLevel.Information, "The page of the pipelines is at {Address}")]
    private partial void LogAddress(Uri address);
}
