namespace RdmaPipeline.Graph.Description;

internal static class JsonWriter
{
    public static string Write(StageGraphDescriptor graph) => throw new NotImplementedException();
}
