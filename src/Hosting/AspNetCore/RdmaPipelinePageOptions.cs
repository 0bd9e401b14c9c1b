using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Hosting.Page.Edits;

namespace RdmaPipeline.Hosting;

/// <summary>What the page shows, and to whom.</summary>
public sealed class RdmaPipelinePageOptions
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>The time between two looks at the pipelines, while somebody watches: 100 ms to a minute.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Browsers that may watch at once, 1 to 1000; one more is told to come later.</summary>
    public int MaxViewers { get; set; } = 16;

    /// <summary>
    /// Whether others than this machine may see the page. Nobody is asked who they are: put something in front of it that does, such as
    /// <c>app.MapRdmaPipeline().RequireAuthorization()</c>. A proxy on this machine makes everybody look like this machine.
    /// </summary>
    public bool AllowRemote { get; set; }

    /// <summary>
    /// Names, besides <c>localhost</c> and addresses, under which the page may be asked for. A name that is not known is refused: it may
    /// belong to a foreign page that was made to resolve to this machine.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>
    /// Whether the page may change the graphs: another preset, stages put in and taken out, back to an earlier revision. A change has to
    /// come from the page itself; with <see cref="AllowRemote"/> that is anybody who can open it.
    /// </summary>
    public bool AllowReconfiguration { get; set; }

    /// <summary>The stages the page may put in.</summary>
    internal Dictionary<string, OfferedStage> Offers { get; } = ShippedOffers.Create();

    /// <summary>How long a browser may take for what it was sent last; then its connection is ended.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Lets the page put a stage into an edge.</summary>
    /// <param name="name">What it is called; the place of an earlier offer of this name is taken.</param>
    /// <param name="description">What it does, for who reads the page.</param>
    /// <param name="factory">Makes one; called for each that is put in.</param>
    /// <returns>This.</returns>
    /// <exception cref="ArgumentException">The name or the description is blank.</exception>
    public RdmaPipelinePageOptions OfferStage(string name, string description, Func<IStage<PacketBurst>> factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(description);
        ArgumentNullException.ThrowIfNull(factory);
        Offers[name] = new OfferedStage(description, factory);
        return this;
    }

    /// <summary>
    /// Lets the page put a <c>tap</c> into an edge: a <see cref="Transport.Stages.CaptureStage"/>, whose files keep the newest 64 to 128
    /// MiB of what has passed. Whole packets, data included, lie there for everybody who may read the directory; the page shows none.
    /// </summary>
    /// <param name="directory">Where to; made when the first tap is put in.</param>
    /// <returns>This.</returns>
    /// <exception cref="ArgumentException">The directory is blank.</exception>
    public RdmaPipelinePageOptions OfferTap(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        Offers["tap"] = ShippedOffers.Tap(directory);
        return this;
    }

    /// <exception cref="ArgumentException">An option is beyond its limits.</exception>
    internal void Validate()
    {
        if (Period < s_shortest || Period > s_longest)
            throw new ArgumentException($"{nameof(Period)} is {Period}; it must lie in {s_shortest} to {s_longest}");
        if (MaxViewers is < 1 or > 1000)
            throw new ArgumentException($"{nameof(MaxViewers)} is {MaxViewers}; it must lie in 1 to 1000");
    }
}
