using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>
/// Descriptions of graphs, edited at random and mostly broken: the validator and the builder must say no exactly when a second opinion
/// does, and what is built must keep the laws with bursts in it, with gates closed, sinks blocked, while it is changed, and come to its
/// end.
/// </summary>
internal sealed class GraphTarget : IFuzzTarget
{
    // Of the 256 values of the first byte of a record, the others operate the graph.
    private const int Edits = 84;
    private const int Changes = 66;

    public string Name => "graphs";

    public int HeaderLength => 8;

    public int RecordLength => 8;

    public int MaxRecords => 60;

    public long MaxAllocatedBytes => 64 * 1024 * 1024;

    public void Run(ReadOnlySpan<byte> input, FuzzTally tally)
    {
        var header = new RecordReader(input[..HeaderLength]);
        var bench = new GraphBench(header.UInt16(), tally);
        bench.Drawing.Begin(ref header);
        for (var records = input[HeaderLength..]; !records.IsEmpty; records = records[Math.Min(RecordLength, records.Length)..])
        {
            var choices = new RecordReader(records[..Math.Min(RecordLength, records.Length)]);
            var what = choices.Byte();
            tally.Calls++;
            tally.Trace?.Invoke($"record {what:x2}");
            if (what < Edits) bench.Edit(what, ref choices);
            else if (what < Edits + Changes) bench.Reshape(what - Edits, ref choices);
            else bench.Operate(what, ref choices);
        }

        bench.Finish();
    }
}
