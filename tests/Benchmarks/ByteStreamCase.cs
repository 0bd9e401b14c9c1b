using System.Diagnostics;

namespace RdmaPipeline.Benchmarks;

/// <summary>A stream of bytes as programs use it: 64 KiB written at a time and awaited, the other end reads what there is.</summary>
internal abstract class ByteStreamCase(string name) : IBenchmarkCase
{
    protected const int MessageSize = 65536;

    private readonly byte[] _message = new byte[MessageSize];
    private Task? _reading;
    private long _received;

    public string Name => name;

    public Workload Workload => Workload.ByteStream;

    public Sample Run(TimeSpan duration)
    {
        _reading ??= Task.Run(ReadAllAsync);
        return RunAsync(duration).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Close();
        _reading?.Wait();
    }

    /// <summary>Writes a message.</summary>
    protected abstract ValueTask WriteAsync(ReadOnlyMemory<byte> message);

    /// <summary>Reads what there is.</summary>
    /// <returns>How many bytes; 0 at the end.</returns>
    protected abstract ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Packets and system calls of both ends so far; 0 where they are not counted.</summary>
    protected abstract (long Packets, long SystemCalls) Counts();

    /// <summary>Ends both ends; reading ends too.</summary>
    protected abstract void Close();

    private async Task<Sample> RunAsync(TimeSpan duration)
    {
        var (packets, calls) = Counts();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var first = Volatile.Read(ref _received);
        var clock = Stopwatch.StartNew();
        long sent = 0;
        for (; clock.Elapsed < duration; sent += MessageSize)
            await WriteAsync(_message).ConfigureAwait(false);
        while (Volatile.Read(ref _received) - first < sent)
            await Task.Yield();
        var seconds = clock.Elapsed.TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var (packetsAfter, callsAfter) = Counts();
        return new Sample(sent / seconds, packetsAfter - packets, callsAfter - calls, allocated, sent);
    }

    private async Task ReadAllAsync()
    {
        var buffer = new byte[MessageSize];
        try
        {
            int read;
            while ((read = await ReadAsync(buffer).ConfigureAwait(false)) > 0)
                Volatile.Write(ref _received, _received + read);
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The case was disposed of.
        }
    }
}
