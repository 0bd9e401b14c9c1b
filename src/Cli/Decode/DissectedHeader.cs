namespace RdmaPipeline.Cli.Decode;

/// <summary>One header and its fields, in the order of the wire.</summary>
internal sealed record DissectedHeader(string Name, IReadOnlyList<DissectedField> Fields)
{
    public DissectedHeader(string name, params DissectedField[] fields)
        : this(name, (IReadOnlyList<DissectedField>)fields)
    {
    }
}
