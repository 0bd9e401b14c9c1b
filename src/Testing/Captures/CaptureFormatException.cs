namespace RdmaPipeline.Testing.Captures;

/// <summary>A file is no capture, or is damaged; the message says where.</summary>
public sealed class CaptureFormatException(string message) : IOException(message);
