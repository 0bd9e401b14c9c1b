namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>
/// What is fuzzed. An input is a string of bytes that stands for a structure: a header, then records of one length, so that whatever is
/// cut out of an input, put into it or turned over gives another input that means something.
/// </summary>
internal interface IFuzzTarget
{
    /// <summary>The name on the command line, and of its corpus.</summary>
    string Name { get; }

    /// <summary>Bytes in front of the records.</summary>
    int HeaderLength { get; }

    /// <summary>Bytes of one record.</summary>
    int RecordLength { get; }

    /// <summary>The most records that are worth trying.</summary>
    int MaxRecords { get; }

    /// <summary>Bytes that one input may allocate: what an input says must not decide how much memory is taken.</summary>
    long MaxAllocatedBytes { get; }

    /// <summary>Tries an input. The same input does the same, whatever was tried before.</summary>
    /// <param name="input">Any bytes, at least the header.</param>
    /// <param name="tally">Where to count what was done.</param>
    /// <exception cref="Exception">Whatever is thrown is a finding.</exception>
    void Run(ReadOnlySpan<byte> input, FuzzTally tally);
}
