namespace RdmaPipeline.Backends;

/// <summary>A back-end could not be opened: the message names the address, the port and what to do about it.</summary>
public sealed class BackendOpenException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What failed, for which address and port, and what to do.</param>
    /// <param name="errno">The system's error number, 0 if there is none.</param>
    public BackendOpenException(string message, int errno = 0)
        : base(message) => Errno = errno;

    /// <summary>The system's error number, such as 98 (EADDRINUSE); 0 if there is none.</summary>
    public int Errno { get; }
}
