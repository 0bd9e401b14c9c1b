namespace RdmaPipeline.Cli.Demo;

/// <summary>One operation at one size, executed a number of times.</summary>
/// <param name="Operation">What is executed.</param>
/// <param name="Size">Bytes of each message; 8 for atomics.</param>
/// <param name="Count">How often.</param>
public sealed record DemoCase(DemoOperation Operation, int Size, int Count)
{
    private const int SmallMessages = 64;
    private const long BytesPerCase = 4 << 20;

    /// <summary>The largest message of the demonstration: 64 MiB.</summary>
    public const int MaxSize = 64 << 20;

    /// <summary>No data, a byte, around the path MTU of 4096, and on in powers of 16.</summary>
    private static readonly int[] s_sizes = [0, 1, 64, 1000, 4096, 4097, 65_536, 1 << 20, 16 << 20, MaxSize];

    /// <summary>Every operation at every size.</summary>
    public static IReadOnlyList<DemoCase> All { get; } =
    [
        .. from operation in DemoOperation.All
           from size in operation.IsAtomic ? [sizeof(ulong)] : s_sizes
           select new DemoCase(operation, size, CountOf(size)),
    ];

    /// <summary>Payload of the whole case.</summary>
    public long Bytes => (long)Size * Count;

    /// <summary>How many messages are in flight together: what fits side by side, at most 16.</summary>
    public int Depth => Math.Min(Count, Size > 1 << 20 ? 1 : 16);

    private static int CountOf(int size) => size == 0 ? SmallMessages : (int)Math.Clamp(BytesPerCase / size, 1, SmallMessages);
}
