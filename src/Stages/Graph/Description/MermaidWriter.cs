namespace RdmaPipeline.Graph.Description;

internal static class MermaidWriter
{
    public static string Write(StageGraphDescriptor graph) => throw new NotImplementedException();
}
