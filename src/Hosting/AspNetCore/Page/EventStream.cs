using Microsoft.AspNetCore.Http;

namespace RdmaPipeline.Hosting.Page;

/// <summary>Sends looks to a browser as server-sent events, until it goes away or does not take them in time.</summary>
internal static class EventStream
{
    public static async Task WriteAsync(HttpContext context, SnapshotViewer viewer, TimeSpan patience, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = "text/event-stream";
        try
        {
            await foreach (byte[] look in viewer.Looks.ReadAllAsync(ending.Token).ConfigureAwait(false))
                await WriteAsync(context.Response, look, patience, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Cut off: what was begun cannot be ended properly by one who does not read.
            if (!stopping.IsCancellationRequested)
                context.Abort();
        }
    }

    // JSON has no line breaks of its own here, so a look is one line.
    private static async Task WriteAsync(HttpResponse response, byte[] look, TimeSpan patience, CancellationToken ending)
    {
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(ending);
        slow.CancelAfter(patience);
        await response.Body.WriteAsync("data: "u8.ToArray(), slow.Token).ConfigureAwait(false);
        await response.Body.WriteAsync(look, slow.Token).ConfigureAwait(false);
        await response.Body.WriteAsync("\n\n"u8.ToArray(), slow.Token).ConfigureAwait(false);
        await response.Body.FlushAsync(slow.Token).ConfigureAwait(false);
    }
}
