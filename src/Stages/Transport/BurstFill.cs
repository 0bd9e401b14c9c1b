using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport;

/// <summary>
/// How full a burst in the making is. Consecutive frames of one length, the last of them possibly shorter, leave as one segmented send,
/// and each send costs as much as several packets: so a burst that holds enough ends where such a run ends.
/// </summary>
internal struct BurstFill
{
    // Two messages of 64 KiB and less: their runs leave by one system call, and eight such bursts under way stay in a second-level cache.
    private const int Enough = 112 * 1024;

    private int _bytes;
    private int _runBytes;
    private int _runFrame;
    private bool _isRunOpen;
    private bool _hasEnded;

    /// <summary>Whether one more frame goes in.</summary>
    /// <param name="packets">Packets in the burst.</param>
    /// <param name="largestFrame">Bytes of the largest frame it may be.</param>
    public readonly bool Takes(int packets, int largestFrame) =>
        !_hasEnded && packets < PacketBurst.MaxPackets && _bytes + largestFrame <= PacketPool.SlabBytes
        && (_bytes < Enough || (_isRunOpen && _runBytes + _runFrame <= RoCEv2UdpCodec.MaxRunBytes));

    /// <summary>Counts a frame that went in.</summary>
    /// <param name="frame">Its bytes.</param>
    public void Add(int frame)
    {
        if (_isRunOpen && frame <= _runFrame && _runBytes + frame <= RoCEv2UdpCodec.MaxRunBytes)
        {
            _isRunOpen = frame == _runFrame;
            _runBytes += frame;
        }
        else
        {
            _hasEnded = _bytes >= Enough;
            (_runFrame, _runBytes, _isRunOpen) = (frame, frame, true);
        }

        _bytes += frame;
    }
}
