using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RdmaPipeline.Hosting.Page.Edits;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Page.Edits;

/// <summary>Asks for changes as the page does; a test may leave out or change any part of it.</summary>
internal sealed partial class EditClient(Uri page) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = page };

    /// <summary>The headers of a change; null: left out.</summary>
    public string? Origin { get; set; } = page.GetLeftPart(UriPartial.Authority);

    public string? Token { get; set; }

    public string ContentType { get; set; } = "application/json";

    /// <summary>Takes the token out of the document.</summary>
    public async Task<string> ReadTokenAsync() =>
        Token = DocumentToken().Match(await _client.GetStringAsync("")).Groups[1].Value;

    public async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "edits");
        request.Content = new StringContent(body, Encoding.UTF8, ContentType);
        foreach (var (name, value) in new[] { ("Origin", Origin), (EditEndpoints.TokenHeader, Token) })
        {
            if (value is not null)
                request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _client.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text));
    }

    public Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(RdmaDevice device, JsonObject change)
    {
        change["device"] = device.Name;
        return PostAsync(change.ToJsonString());
    }

    public async Task<JsonNode> ListAsync(RdmaDevice device) =>
        JsonNode.Parse(await _client.GetStringAsync($"edits?device={Uri.EscapeDataString(device.Name)}"))!;

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("<meta name=\"token\" content=\"([0-9a-f]*)\">")]
    private static partial Regex DocumentToken();
}
