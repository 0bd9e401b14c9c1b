using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>
/// The verbs of two devices on one in-memory fabric, called in any order with right, wrong and absurd arguments, on objects that live, are
/// gone, or belong to the other device, while a third port of the fabric sends packets that nobody asked for. The preset is Simulated: one
/// thread, virtual time, and the laws checked after every delegate.
/// </summary>
internal sealed class VerbsTarget : IFuzzTarget
{
    private readonly MemoryArena _arena = new();

    public string Name => "verbs";

    public int HeaderLength => 4;

    public int RecordLength => 48;

    public int MaxRecords => 64;

    public long MaxAllocatedBytes => 1L << 30;

    public void Run(ReadOnlySpan<byte> input, FuzzTally tally)
    {
        var header = new RecordReader(input[..HeaderLength]);
        using var bench = new VerbsBench(header.UInt16(), header.Byte(), _arena, tally);
        if ((header.Byte() & 7) != 7) VerbsScene.Set(bench);
        for (var records = input[HeaderLength..]; !records.IsEmpty; records = records[Math.Min(RecordLength, records.Length)..])
            bench.Call(records[..Math.Min(RecordLength, records.Length)]);
        bench.Finish();
    }
}
