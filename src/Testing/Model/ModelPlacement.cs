namespace RdmaPipeline.Testing.Model;

/// <summary>Known data for a known place: a WRITE, or a SEND whose receive is certain.</summary>
internal sealed class ModelPlacement(IReadOnlyList<ModelPiece> pieces, byte[] data) : ModelEffect(pieces)
{
    private protected override int Explains(int index, ReadOnlySpan<byte> found) =>
        index < data.Length ? found.CommonPrefixLength(data.AsSpan(index)) : 0;
}
