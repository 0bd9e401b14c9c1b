using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// Sends a burst by one system call where the kernel lets it: a segmented send for one run, one batch for several. A run goes out whole
/// or not at all, so the cursor of a burst always stands at the start of one.
/// </summary>
internal sealed class UdpSender
{
    private const int ErrorsOfOthers = 4;

    private readonly UdpSocket _socket;
    private readonly FrameCodec _codec;
    private readonly BackendCounters _counters;
    private readonly SendMessages _messages;

    public UdpSender(UdpSocket socket, ushort port, uint scope, FrameCodec codec, BackendCounters counters)
    {
        _socket = socket;
        _codec = codec;
        _counters = counters;
        _messages = new SendMessages(port, scope);
    }

    public int Send(PacketBurst burst)
    {
        if (burst.RunCount == 0)
            MakeSingleRuns(burst);
        var before = burst.SentCount;
        var run = RunAt(burst, before);
        var prepared = run;
        _messages.Prepare(burst, run);
        var othersErrors = 0;
        while (run < burst.RunCount)
        {
            var sent = _messages.Send(_socket.Descriptor, run - prepared, burst.RunCount - run);
            _counters.Sent.CountCall();
            for (; sent > 0; sent--)
                CountSent(burst, burst.Runs[run++]);
            if (sent == 0)
                continue;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Again)
                break;
            if (errno == Errno.Interrupted || (errno == Errno.ConnectionRefused && othersErrors++ < ErrorsOfOthers))
                continue;
            Lose(burst, burst.Runs[run++], errno);
        }

        return Settle(burst, before);
    }

    private int Settle(PacketBurst burst, int before)
    {
        var taken = burst.SentCount - before;
        if (burst.SentCount == burst.Count)
        {
            _counters.Sent.CountBurst();
            burst.Release();
        }
        else
        {
            _counters.Sent.CountIdleCall();
        }

        return taken;
    }

    private void CountSent(PacketBurst burst, in GsoRun run)
    {
        burst.SentCount += run.PacketCount;
        _counters.Sent.CountPackets(run.PacketCount, run.ByteCount);
        if (run.PacketCount > 1)
            _counters.Sent.CountRun(run.PacketCount);
    }

    // The wire may lose (R-BE-8); what the kernel refuses is lost and counted, and the protocol above repairs it.
    private void Lose(PacketBurst burst, in GsoRun run, int errno)
    {
        burst.SentCount += run.PacketCount;
        _counters.Sent.CountError();
        _counters.Drop(Reason(errno), run.PacketCount);

        // The route's device cannot segment. These packets cannot go out singly, their ICRCs cover the segment's index (R-BE-30); the
        // next ones will.
        if (run.PacketCount > 1 && errno is Errno.InputOutput or Errno.NotSupported)
            _codec.Segmentation = false;
    }

    private static DropReason Reason(int errno) => errno switch
    {
        Errno.MessageTooLong => DropReason.MtuExceeded,
        Errno.NetworkDown or Errno.NetworkUnreachable or Errno.HostDown or Errno.HostUnreachable => DropReason.NoRoute,
        _ => DropReason.SocketError,
    };

    private static int RunAt(PacketBurst burst, int packet)
    {
        var run = 0;
        while (run < burst.RunCount && burst.Runs[run].FirstPacket < packet)
            run++;
        return run;
    }

    private static void MakeSingleRuns(PacketBurst burst)
    {
        for (var i = 0; i < burst.Count; i++)
            burst.Runs[i] = new GsoRun(i, 1, burst.Packets[i].FrameLength, burst.Packets[i].FrameLength);
        burst.RunCount = burst.Count;
    }
}
