using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RdmaPipeline.Hosting.Page;

namespace RdmaPipeline.Hosting;

/// <summary>The live page on a small web server of its own, for programs that have none. It ends when this is disposed of.</summary>
public sealed class RdmaPipelinePage : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly PageWatch? _watch;

    private RdmaPipelinePage(WebApplication server, PageWatch? watch) => (_server, _watch) = (server, watch);

    /// <summary>Where it is served.</summary>
    public Uri Address => new(_server.Urls.First());

    /// <summary>
    /// Starts to serve the page of all open devices of this process, on 127.0.0.1; with <see cref="RdmaPipelinePageOptions.AllowRemote"/>
    /// on all addresses.
    /// </summary>
    /// <param name="port">The port; 0: any that is free.</param>
    /// <param name="configure">Changes the options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentException">The port or an option is beyond its limits.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<RdmaPipelinePage> StartAsync(
        int port = 0, Action<RdmaPipelinePageOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var watch = new PageWatch();
        return await StartAsync(port, configure, watch.Source, watch, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<RdmaPipelinePage> StartAsync(
        int port, Action<RdmaPipelinePageOptions>? configure, PageSource source, PageWatch? watch, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        var options = new RdmaPipelinePageOptions();
        configure?.Invoke(options);
        options.Validate();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, QuietLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, options, port));
        var server = builder.Build();
        PageEndpoints.Map(server, "/", options, source);
        var page = new RdmaPipelinePage(server, watch);
        try
        {
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await page.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        if (_watch is not null)
            await _watch.DisposeAsync().ConfigureAwait(false);
    }

    private static void Limit(KestrelServerOptions kestrel, RdmaPipelinePageOptions options, int port)
    {
        kestrel.Listen(options.AllowRemote ? IPAddress.IPv6Any : IPAddress.Loopback, port);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = 4 * options.MaxViewers;
        kestrel.Limits.MaxRequestBodySize = 16 * 1024;
    }
}
