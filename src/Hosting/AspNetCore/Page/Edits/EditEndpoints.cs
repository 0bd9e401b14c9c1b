using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>
/// What the page may change and how it asks. Beside what every request has to be, one that changes something comes from a page of this
/// very address (Origin), knows the token that this process wrote into its document (what no foreign page can read), and is JSON.
/// </summary>
internal sealed class EditEndpoints(RdmaPipelinePageOptions options, PageSource source)
{
    /// <summary>The header that carries the token.</summary>
    public const string TokenHeader = "X-RdmaPipeline-Token";

    private const int MaxBody = 16 * 1024;

    private readonly GraphEdits _edits = new(options.Offers);

    /// <summary>What the page has to show with each change; of this process.</summary>
    public static string Token { get; } = RandomNumberGenerator.GetHexString(64, lowercase: true);

    public void Map(IEndpointRouteBuilder group, Func<RequestDelegate, RequestDelegate> guarded)
    {
        group.MapGet("edits", guarded(ListAsync));
        group.MapPost("edits", guarded(ApplyAsync));
    }

    private Task ListAsync(HttpContext context) => Find(context.Request.Query["device"]) is { } device
        ? AnswerAsync(context, StatusCodes.Status200OK, _edits.Choices(device.GetPipeline()), EditJson.Default.EditChoices)
        : RefuseAsync(context, StatusCodes.Status404NotFound, $"No device '{context.Request.Query["device"]}' is open.");

    private async Task ApplyAsync(HttpContext context)
    {
        if (Refuse(context.Request) is { } refusal)
        {
            await RefuseAsync(context, refusal.Status, refusal.Why).ConfigureAwait(false);
            return;
        }

        // Every application that logs gives a request an activity. One that is not recorded would take the change's span along.
        if (Activity.Current is { Recorded: false })
            Activity.Current = null;
        try
        {
            var request = await ReadAsync(context).ConfigureAwait(false);
            var device = Find(request.Device) ?? throw new EditRefusedException($"device is '{request.Device}'; no such device is open");
            var revision = await _edits.ApplyAsync(device.GetPipeline(), request, context.RequestAborted).ConfigureAwait(false);
            await AnswerAsync(context, StatusCodes.Status200OK, revision, EditJson.Default.RevisionRow).ConfigureAwait(false);
        }
        catch (JsonException fault)
        {
            string why = $"The change is not understood at {fault.Path ?? "its beginning"}.";
            await RefuseAsync(context, StatusCodes.Status400BadRequest, why).ConfigureAwait(false);
        }
        catch (EditRefusedException fault)
        {
            await RefuseAsync(context, StatusCodes.Status409Conflict, fault.Message).ConfigureAwait(false);
        }
    }

    private (int Status, string Why)? Refuse(HttpRequest request)
    {
        if (!options.AllowReconfiguration)
            return (StatusCodes.Status403Forbidden, "This page may look and not change anything. Set AllowReconfiguration.");
        if (request.Headers.Origin.Count != 1)
            return (StatusCodes.Status403Forbidden, "A change needs the header Origin, as a browser sends it.");
        byte[] token = Encoding.UTF8.GetBytes(request.Headers[TokenHeader].ToString());
        if (!CryptographicOperations.FixedTimeEquals(token, Encoding.UTF8.GetBytes(Token)))
            return (StatusCodes.Status403Forbidden, "The page is of an earlier run of this process. Load it again.");
        if (!request.HasJsonContentType())
            return (StatusCodes.Status415UnsupportedMediaType, "A change is JSON: Content-Type must be application/json.");
        return request.ContentLength is > MaxBody or null
            ? (StatusCodes.Status413PayloadTooLarge, $"Content-Length is {request.ContentLength}; a change has at most {MaxBody} bytes.")
            : null;
    }

    private static async Task<EditRequest> ReadAsync(HttpContext context) =>
        await context.Request.ReadFromJsonAsync(EditJson.Default.EditRequest, context.RequestAborted).ConfigureAwait(false)
        ?? throw new JsonException();

    private RdmaDevice? Find(string? name) =>
        (source.Devices?.Invoke() ?? RdmaPipelineDevice.OpenDevices).FirstOrDefault(device => device.Name == name);

    private static Task RefuseAsync(HttpContext context, int status, string why) =>
        AnswerAsync(context, status, new EditFault(why), EditJson.Default.EditFault);

    private static Task AnswerAsync<T>(HttpContext context, int status, T answer, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(answer, type, cancellationToken: context.RequestAborted);
    }
}
