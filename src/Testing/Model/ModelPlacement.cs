namespace RdmaPipeline.Testing.Model;

/// <summary>Known data for a known place: a WRITE, or a SEND whose receive is certain.</summary>
internal sealed class ModelPlacement(IReadOnlyList<ModelPiece> pieces, byte[] data) : ModelEffect(pieces)
{
    private protected override bool MayPut(int index, byte value) => index < data.Length && data[index] == value;
}
