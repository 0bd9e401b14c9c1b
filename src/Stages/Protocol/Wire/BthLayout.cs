namespace RdmaPipeline.Protocol.Wire;

/// <summary>Bits of the base transport header.</summary>
internal static class BthLayout
{
    public const int SolicitedBit = 0x80;
    public const int MigrationBit = 0x40;
    public const int PadShift = 4;
    public const int PadMask = 3;
    public const int VersionMask = 0x0F;
    public const int ForwardCongestionBit = 0x80;
    public const int BackwardCongestionBit = 0x40;
    public const int AckRequestBit = 0x80;
}
