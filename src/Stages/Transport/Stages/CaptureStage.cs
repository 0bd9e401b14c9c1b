using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Passes everything on and writes it into pcapng files, by a thread of its own. Buffers are made beforehand: on the way of the packets
/// nothing is allocated and no disk is waited for. What finds no buffer is missed by the capture only, and counted as <c>queue_full</c>
/// here.
/// </summary>
/// <remarks>
/// Where a socket adds the link headers, or nobody has made frames yet, the capture makes those that belong to the path. Of what a socket
/// received over IPv4 the Identification is not known, so a reader may find its ICRC wrong.
/// </remarks>
public sealed class CaptureStage : PacketStage, IDisposable
{
    private const int FramingBytes = 4;

    private readonly CaptureOptions _options;
    private readonly CaptureRing _ring;
    private CaptureThread? _thread;
    private long _missed;

    /// <summary>Makes a capture; the file is begun by the first packet.</summary>
    /// <param name="options">Where to and how much; each shard's instance needs a file of its own.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public CaptureStage(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _ring = new CaptureRing(options.BufferedPackets, options.SnapLength);
    }

    /// <summary>Packets written. Any thread.</summary>
    public long Written => _thread?.Written ?? 0;

    /// <summary>Packets that found no buffer, because the disk is too slow or has failed. Any thread.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>Why nothing is written any more, such as a full disk; null while all is well. Any thread.</summary>
    public Exception? Failure => _thread?.Failure;

    /// <inheritdoc/>
    public override void Attach(IStageContext<PacketBurst> context)
    {
        base.Attach(context);
        string name = (context as IStageHost<PacketBurst>)?.Name ?? Name;
        _thread = new CaptureThread(_ring, new CaptureFiles(_options, name, UdpPort), $"capture {name}", _options.CloseTimeout);
    }

    /// <summary>
    /// Writes what is left and closes the file; the graph does so when the stage is taken out or the device closed. A disk that stands
    /// still is waited for no longer than <see cref="CaptureOptions.CloseTimeout"/>.
    /// </summary>
    public void Dispose() => _thread?.Dispose();

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        long time = WallClockNanoseconds;
        int missed = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            var room = _ring.Room();
            if (room.IsEmpty)
                missed++;
            else
                Add(burst, i, time, room);
        }
        Context.Created(burst.Count);
        Context.Ended(burst.Count - missed);
        if (missed > 0)
        {
            _missed += missed;
            Context.Dropped(DropReason.QueueFull, missed, burst);
        }
        _thread!.Wake();
    }

    private void Add(PacketBurst burst, int index, long time, Span<byte> room)
    {
        ref readonly var packet = ref burst.Packets[index];
        if (burst.State == BurstStage.Unencoded)
        {
            int length = CopyUnencoded(burst, index, room);
            _ring.Add(new CapturedBytes(
                time, length, Math.Min(length, room.Length), IsNativeLink, false, false, 0, burst.Path, packet.Drop));
            return;
        }
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        int kept = Math.Min(frame.Length, room.Length);
        frame[..kept].CopyTo(room);
        _ring.Add(new CapturedBytes(
            time, frame.Length, kept, IsNativeLink, HasLinkHeaders, true, PlaceInRun(burst, index), burst.Path, packet.Drop));
    }

    private static int CopyUnencoded(PacketBurst burst, int index, Span<byte> room)
    {
        ref readonly var packet = ref burst.Packets[index];
        int length = packet.HeaderLength + packet.PayloadLength + packet.PadCount;
        if (length > room.Length - FramingBytes)
            return burst.HeaderArea(index)[..packet.HeaderLength].TryCopyTo(room) ? packet.HeaderLength : 0;
        burst.HeaderArea(index)[..packet.HeaderLength].CopyTo(room);
        burst.CopyPayloadTo(packet, room.Slice(packet.HeaderLength, packet.PayloadLength));
        room.Slice(packet.HeaderLength + packet.PayloadLength, packet.PadCount).Clear();
        return length;
    }

    // R-BE-30: segment k of a run leaves with Identification k.
    private static ushort PlaceInRun(PacketBurst burst, int index)
    {
        foreach (ref readonly var run in burst.Runs.AsSpan(0, burst.RunCount))
        {
            if (index >= run.FirstPacket && index < run.FirstPacket + run.PacketCount)
                return (ushort)(index - run.FirstPacket);
        }
        return 0;
    }
}
