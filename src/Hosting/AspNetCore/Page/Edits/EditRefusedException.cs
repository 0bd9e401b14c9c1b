namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>What was asked for cannot be; the message is for who asked.</summary>
internal sealed class EditRefusedException(string message, Exception? inner = null) : Exception(message, inner);
