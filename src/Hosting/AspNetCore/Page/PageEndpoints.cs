using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RdmaPipeline.Hosting.Page.Edits;

namespace RdmaPipeline.Hosting.Page;

/// <summary>What the page answers: the document, looks as a stream, one look, edits.</summary>
internal sealed class PageEndpoints(RdmaPipelinePageOptions options, PageSource source, CancellationToken stopping)
{
    private readonly PageDocument _document = new(options.AllowReconfiguration);
    private readonly EditEndpoints _edits = new(options, source);
    private readonly RequestGuard _guard = new(options);
    private readonly SnapshotFeed _feed = new(source.Observe, options.Period, options.MaxViewers);

    public static RouteGroupBuilder Map(
        IEndpointRouteBuilder endpoints, string pattern, RdmaPipelinePageOptions options, PageSource source)
    {
        var stopping = endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var page = new PageEndpoints(options, source, stopping);
        var group = endpoints.MapGroup(pattern);
        group.MapGet("", page._guard.Admit(page._document.WriteAsync));
        group.MapGet("events", page._guard.Admit(page.StreamAsync));
        group.MapGet("snapshot", page._guard.Admit(page.LookAsync));
        page._edits.Map(group, page._guard.Admit);
        return group;
    }

    private async Task StreamAsync(HttpContext context)
    {
        using var viewer = _feed.Join();
        await (viewer is null ? RefuseCrowdAsync(context) : EventStream.WriteAsync(context, viewer, options.Patience, stopping))
            .ConfigureAwait(false);
    }

    private async Task LookAsync(HttpContext context)
    {
        using var viewer = _feed.Join();
        if (viewer is null)
        {
            await RefuseCrowdAsync(context).ConfigureAwait(false);
            return;
        }

        byte[]? look = await LookAsync(viewer, context.RequestAborted).ConfigureAwait(false);
        if (look is null)
        {
            await RequestGuard.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The page is closing.").ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(look, context.RequestAborted).ConfigureAwait(false);
    }

    // The second look is the first with rates, where nobody watched before. Where the page closes meanwhile the first is all there will be;
    // null: not even that.
    private async Task<byte[]?> LookAsync(SnapshotViewer viewer, CancellationToken aborted)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        byte[]? look = null;
        try
        {
            do
            {
                look = await viewer.Looks.ReadAsync(ending.Token).ConfigureAwait(false);
            }
            while (look.AsSpan().IndexOf("\"intervalSeconds\":0,"u8) >= 0);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return viewer.Looks.TryRead(out byte[]? last) ? last : look;
        }

        return look;
    }

    private Task RefuseCrowdAsync(HttpContext context) => RequestGuard.RefuseAsync(
        context, StatusCodes.Status503ServiceUnavailable, $"{options.MaxViewers} viewers (MaxViewers) watch already. Close one of them.");
}
