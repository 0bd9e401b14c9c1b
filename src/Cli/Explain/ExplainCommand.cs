using System.Text.Json;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Cli.Explain;

/// <summary>The command <c>explain</c>: says in words what happened in a capture or a trace.</summary>
internal static class ExplainCommand
{
    /// <summary>It was explained, whatever it was.</summary>
    public const int Success = 0;

    /// <summary>The file cannot be read, or is neither a capture nor a trace.</summary>
    public const int BadFile = 2;

    /// <summary>Explains a file.</summary>
    /// <param name="file">A pcap or pcapng file, or OTLP in JSON, a request a line.</param>
    /// <param name="output">Where to print.</param>
    /// <param name="error">Where to say that the file cannot be read.</param>
    /// <param name="json">One JSON document instead of text.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string file, TextWriter output, TextWriter error, bool json)
    {
        ExplainReport report;
        try
        {
            report = Explain(file, File.ReadAllBytes(file));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            error.WriteLine($"rdmapipe: {file}: {fault.Message.ReplaceLineEndings(" ")}");
            return BadFile;
        }
        if (json)
            output.WriteLine(JsonSerializer.Serialize(report, CliJson.Options));
        else
            ExplainText.Write(output, report);
        return Success;
    }

    private static ExplainReport Explain(string file, byte[] bytes) => IsJson(bytes)
        ? new ExplainReport(file, "trace", TraceExplainer.Explain(TraceReader.Read(bytes)))
        : new ExplainReport(file, "capture", CaptureExplainer.Explain(CaptureReader.Read(bytes)));

    private static bool IsJson(ReadOnlySpan<byte> bytes)
    {
        var text = bytes.TrimStart(" \t\r\n"u8);
        return !text.IsEmpty && text[0] == (byte)'{';
    }
}
