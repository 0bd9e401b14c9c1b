namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>Which sends are posted together with a faulty one.</summary>
internal enum FaultCompany
{
    /// <summary>A good one before it, which completes, and two behind it, one of them unsignaled.</summary>
    BeforeAndBehind,

    /// <summary>Two behind it, for faults that would hit any send.</summary>
    Behind,

    /// <summary>None, for faults that have to do with one answer.</summary>
    None,
}
