using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using RdmaPipeline.Hosting.Page.Edits;

namespace RdmaPipeline.Hosting.Page;

/// <summary>
/// The page: one document with its styles and scripts inside, put together from the files of the folder Assets. Nothing else is loaded,
/// and by the content security policy nothing else can be.
/// </summary>
internal sealed class PageDocument(bool allowEdits)
{
    private static readonly string[] s_scripts = ["format.js", "layout.js", "graph.js", "tables.js", "edits.js", "live.js"];

    private readonly string _text = Read("page.html")
        .Replace("/*styles*/", Read("page.css"), StringComparison.Ordinal)
        .Replace("/*scripts*/", string.Concat(s_scripts.Select(Read)), StringComparison.Ordinal);

    public Task WriteAsync(HttpContext context)
    {
        string nonce = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        context.Response.ContentType = "text/html; charset=utf-8";
        string text = _text.Replace("{nonce}", nonce, StringComparison.Ordinal)
            .Replace("{token}", allowEdits ? EditEndpoints.Token : "", StringComparison.Ordinal);
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
