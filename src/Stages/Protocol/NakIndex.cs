using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol;

/// <summary>Negative acknowledgements as counters tell them apart.</summary>
internal static class NakIndex
{
    /// <summary>RNR NAK.</summary>
    public const int ReceiverNotReady = 0;

    /// <summary>How many there are.</summary>
    public const int Count = 5;

    /// <summary>The number of a code that is defined for these services.</summary>
    public static int Of(NakCode code) => code switch
    {
        NakCode.PsnSequenceError => 1,
        NakCode.InvalidRequest => 2,
        NakCode.RemoteAccessError => 3,
        _ => 4,
    };
}
