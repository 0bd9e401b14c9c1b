using RdmaPipeline.FuzzTests.Machines;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>Calls one verb, or a few that belong together, with arguments made of the bytes of a record.</summary>
internal delegate void VerbCall(VerbsBench bench, VerbsSide side, ref RecordReader choices);
