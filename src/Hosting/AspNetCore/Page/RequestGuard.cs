using System.Net;
using Microsoft.AspNetCore.Http;

namespace RdmaPipeline.Hosting.Page;

/// <summary>
/// Who may ask. Every request: from this machine to this machine, unless others are allowed; by an address or a name that is known, because
/// a foreign name may have been made to resolve to here (DNS rebinding); and not by a script or a frame of a foreign page.
/// </summary>
internal sealed class RequestGuard(RdmaPipelinePageOptions options)
{
    /// <summary>An answer that only those get who may ask, and that no browser keeps or gives to another page.</summary>
    public RequestDelegate Admit(RequestDelegate answer) => context =>
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return Refuse(context) is { } why ? RefuseAsync(context, StatusCodes.Status403Forbidden, why) : answer(context);
    };

    /// <summary>Answers with the reason why there is no answer.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(why, context.RequestAborted);
    }

    /// <summary>Why a request is refused, in words for who sent it; null when it is not.</summary>
    public string? Refuse(HttpContext context)
    {
        var (request, connection) = (context.Request, context.Connection);
        if (!options.AllowRemote && !(IsLocal(connection.RemoteIpAddress) && IsLocal(connection.LocalIpAddress)))
            return "This page is for the machine it runs on. Ask on that machine, or set AllowRemote.";
        if (!IsKnown(request.Host.Host))
            return $"The host name '{request.Host.Host}' is not one of this page's. Ask by address or localhost, or set AllowedHosts.";
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none") && !IsFollowedLink(request))
            return "Another page asked for this. Open it yourself.";
        if (request.Headers.Origin is [{ } origin] && !IsOwn(origin, request))
            return $"The page {origin} asked for this. Open it yourself.";
        return null;
    }

    // No address: not by way of a network (a Unix domain socket, a server in memory).
    private static bool IsLocal(IPAddress? address) => address is null || IPAddress.IsLoopback(address);

    // An address cannot be made to mean another machine, a name can.
    private bool IsKnown(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out _) || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || options.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    // Who asked then sees it in a window of its own and does not get to see inside.
    private static bool IsFollowedLink(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Dest"] == "document";

    private static bool IsOwn(string origin, HttpRequest request) =>
        origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
}
