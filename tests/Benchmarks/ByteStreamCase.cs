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
        _reading ??= Task.Run(ReadUntilClosedAsync);
        return RunAsync(duration).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Close();
        _reading?.Wait();
    }

    /// <summary>Writes messages for so long. One loop, which awaits what is measured and nothing else, so it allocates nothing.</summary>
    /// <returns>How many bytes.</returns>
    protected abstract Task<long> WriteAllAsync(Stopwatch clock, TimeSpan duration);

    /// <summary>Reads to the end, and tells <see cref="Receive"/>; one loop too.</summary>
    protected abstract Task ReadAllAsync();

    /// <summary>Packets and system calls of both ends so far; 0 where they are not counted.</summary>
    protected abstract (long Packets, long SystemCalls) Counts();

    /// <summary>Ends both ends; reading ends too.</summary>
    protected abstract void Close();

    /// <summary>Bytes have arrived.</summary>
    protected void Receive(int bytes) => Volatile.Write(ref _received, _received + bytes);

    /// <summary>Writes to a stream.</summary>
    protected async Task<long> WriteAllAsync(Stream to, Stopwatch clock, TimeSpan duration)
    {
        long sent = 0;
        for (; clock.Elapsed < duration; sent += MessageSize)
            await to.WriteAsync(_message).ConfigureAwait(false);
        return sent;
    }

    /// <summary>Reads a stream to its end.</summary>
    protected async Task ReadAllAsync(Stream from)
    {
        var buffer = new byte[MessageSize];
        int read;
        while ((read = await from.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            Receive(read);
    }

    private async Task<Sample> RunAsync(TimeSpan duration)
    {
        var (packets, calls) = Counts();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var first = Volatile.Read(ref _received);
        var clock = Stopwatch.StartNew();
        long sent = await WriteAllAsync(clock, duration).ConfigureAwait(false);
        while (Volatile.Read(ref _received) - first < sent)
            await Task.Yield();
        var seconds = clock.Elapsed.TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var (packetsAfter, callsAfter) = Counts();
        return new Sample(sent / seconds, packetsAfter - packets, callsAfter - calls, allocated, sent);
    }

    private async Task ReadUntilClosedAsync()
    {
        try
        {
            await ReadAllAsync().ConfigureAwait(false);
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The case was disposed of.
        }
    }
}
