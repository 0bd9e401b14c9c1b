namespace RdmaPipeline.Testing.Model;

/// <summary>Anything at all: the result of an atomic, which is judged by <see cref="ModelWord"/>, and the word itself.</summary>
internal sealed class ModelAnything(IReadOnlyList<ModelPiece> pieces) : ModelEffect(pieces)
{
    private protected override int Explains(int index, ReadOnlySpan<byte> found) => found.Length;
}
