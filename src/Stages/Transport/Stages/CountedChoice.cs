using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

internal sealed class CountedChoice(int n, long atMost) : PacketChoice
{
    private int _since;
    private long _left = atMost;

    internal override bool Takes(PacketBurst burst, int index)
    {
        if (++_since < n)
            return false;
        _since = 0;
        return _left > 0 && _left-- > 0;
    }
}
