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
/// It may stand in any edge. Where a socket adds the link headers the capture makes those that belong to the path; the Identification of
/// an IPv4 packet, which no socket shows, is the one that its ICRC was made with. In front of <c>encode</c>, where nobody has made a frame
/// yet, a packet looks as if it were sent by itself.
/// </remarks>
public sealed class CaptureStage : PacketStage, IDisposable, IAsyncDisposable
{
    private readonly Func<string, ICaptureTarget> _open;
    private readonly CaptureRing _ring;
    private readonly int _snapLength;
    private readonly TimeSpan _closeTimeout;
    private CaptureThread? _thread;
    private long _missed;

    /// <summary>Makes a capture; the file is begun by the first packet.</summary>
    /// <param name="options">Where to and how much; each shard's instance needs a file of its own.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public CaptureStage(CaptureOptions options)
        : this(
            name => new CaptureFiles(options, name), Checked(options).BufferedPackets, options.SnapLength, options.CloseTimeout)
    {
    }

    /// <summary>Makes a capture that writes elsewhere than into files; whoever takes it out does not wait for that.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="bufferedPackets">As <see cref="CaptureOptions.BufferedPackets"/>.</param>
    /// <param name="snapLength">As <see cref="CaptureOptions.SnapLength"/>.</param>
    internal CaptureStage(ICaptureTarget target, int bufferedPackets, int snapLength)
        : this(_ => target, bufferedPackets, snapLength, TimeSpan.Zero)
    {
    }

    private CaptureStage(Func<string, ICaptureTarget> open, int bufferedPackets, int snapLength, TimeSpan closeTimeout)
    {
        _open = open;
        _ring = new CaptureRing(bufferedPackets, snapLength);
        (_snapLength, _closeTimeout) = (snapLength, closeTimeout);
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
        _thread = new CaptureThread(_ring, new CaptureFrames(_snapLength, UdpPort), _open(name), $"capture {name}");
    }

    /// <summary>
    /// Writes what is left and closes the file. A disk that stands still is waited for no longer than
    /// <see cref="CaptureOptions.CloseTimeout"/>.
    /// </summary>
    public void Dispose() => _thread?.End().Wait(_closeTimeout);

    /// <summary>As <see cref="Dispose"/>; the graph does so when the stage is taken out or the device closed.</summary>
    public ValueTask DisposeAsync() => _thread is null ? default : new ValueTask(_thread.EndAsync(_closeTimeout));

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
            int length = packet.HeaderLength + packet.PayloadLength + packet.PadCount;
            int copied = CopyUnencoded(burst, index, room, length);
            _ring.Add(new CapturedBytes(time, length, copied, IsNativeLink, false, false, burst.Path, packet.Drop));
            return;
        }
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
        int kept = Math.Min(frame.Length, room.Length);
        frame[..kept].CopyTo(room);
        _ring.Add(new CapturedBytes(time, frame.Length, kept, IsNativeLink, HasLinkHeaders, true, burst.Path, packet.Drop));
    }

    // Where there is no room for all of it, the headers are kept.
    private static int CopyUnencoded(PacketBurst burst, int index, Span<byte> room, int length)
    {
        ref readonly var packet = ref burst.Packets[index];
        int headers = Math.Min(packet.HeaderLength, room.Length);
        burst.HeaderArea(index)[..headers].CopyTo(room);
        if (length > room.Length)
            return headers;
        burst.CopyPayloadTo(packet, room.Slice(packet.HeaderLength, packet.PayloadLength));
        room.Slice(packet.HeaderLength + packet.PayloadLength, packet.PadCount).Clear();
        return length;
    }

    private static CaptureOptions Checked(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options;
    }
}
