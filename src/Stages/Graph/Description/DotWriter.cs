namespace RdmaPipeline.Graph.Description;

internal static class DotWriter
{
    public static string Write(StageGraphDescriptor graph) => throw new NotImplementedException();
}
