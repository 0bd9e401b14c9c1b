namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>Chooses at compile time whether a CRC kernel also copies what it reads.</summary>
internal interface ICopyMode
{
    static abstract bool Copies { get; }
}
