namespace RdmaPipeline.Transport.Stages;

/// <summary>Where a <see cref="CaptureStage"/> writes and how much.</summary>
public sealed record CaptureOptions
{
    /// <summary>Room for a payload of the largest MTU and all headers.</summary>
    internal const int DefaultSnapLength = 4096 + 256;

    internal const int DefaultBufferedPackets = 1024;

    /// <summary>
    /// The file, by convention <c>*.pcapng</c>. With several files the number stands before the extension: <c>wire-0001.pcapng</c>. A file
    /// that exists is replaced.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>Bytes after which the next file is begun: 4096 or more; 0 for one file without limit.</summary>
    public long MaxFileBytes { get; init; }

    /// <summary>Files that are kept, the newest ones: 1 to 10 000. Without <see cref="MaxFileBytes"/> there is one.</summary>
    public int MaxFiles { get; init; } = 10;

    /// <summary>Packets that may wait for the disk: 16 to 65 536. More are missed by the capture, and by nobody else.</summary>
    public int BufferedPackets { get; init; } = DefaultBufferedPackets;

    /// <summary>Bytes kept of each packet: 64 to 9216.</summary>
    public int SnapLength { get; init; } = DefaultSnapLength;

    /// <summary>How long whoever takes the stage out waits for the disk to take what is left: 0 to a minute.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A comment on every file; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>Where files are opened; null for the file system.</summary>
    public Func<string, Stream>? Open { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        Check(nameof(MaxFileBytes), MaxFileBytes, MaxFileBytes == 0 ? 0 : 4096, long.MaxValue);
        Check(nameof(MaxFiles), MaxFiles, 1, 10_000);
        Check(nameof(BufferedPackets), BufferedPackets, 16, 65_536);
        Check(nameof(SnapLength), SnapLength, 64, 9216);
        if (CloseTimeout < TimeSpan.Zero || CloseTimeout > TimeSpan.FromMinutes(1))
            throw new ArgumentOutOfRangeException(nameof(CloseTimeout), CloseTimeout, $"{nameof(CloseTimeout)} is 0 to a minute.");
    }

    private static void Check(string name, long value, long least, long most)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {least} to {most}.");
    }
}
