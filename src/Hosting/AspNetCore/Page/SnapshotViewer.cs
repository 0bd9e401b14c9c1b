using System.Threading.Channels;

namespace RdmaPipeline.Hosting.Page;

/// <summary>Somebody who watches: has room for one look, so that who is slow sees fewer and not older ones.</summary>
internal sealed class SnapshotViewer(SnapshotFeed feed) : IDisposable
{
    private readonly Channel<byte[]> _looks = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Looks that were not seen yet, as JSON.</summary>
    public ChannelReader<byte[]> Looks => _looks.Reader;

    public void Show(byte[] look) => _looks.Writer.TryWrite(look);

    public void End(Exception fault) => _looks.Writer.TryComplete(fault);

    public void Dispose() => feed.Leave(this);
}
