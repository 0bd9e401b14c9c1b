namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>A fault planted in a scene: the fuzzer must find it, or it could find nothing.</summary>
internal enum MachineCanary
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>A byte behind a region is written with each packet that is accepted.</summary>
    WritesBehindARegion,

    /// <summary>Completions of success are lost.</summary>
    LosesCompletions,

    /// <summary>Completions of success come twice.</summary>
    DoublesCompletions,
}
