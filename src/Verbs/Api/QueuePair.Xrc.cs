namespace RdmaPipeline.Verbs;

/// <content>XRC targets, which are made in an XRC domain and may have several handles.</content>
public sealed partial class QueuePair
{
    private readonly QueuePair? _origin;

    /// <summary>A target. Under the control lock.</summary>
    internal QueuePair(XrcDomain domain, QueuePairInitAttributes init)
        : this(domain.Device, init, QueuePairContextFactory.Create(domain, init)) => XrcDomain = domain;

    /// <summary>One more handle to a target. Under the control lock.</summary>
    internal QueuePair(XrcDomain domain, QueuePair origin, object? userContext)
    {
        (Device, XrcDomain, UserContext, InitialPsn) = (domain.Device, domain, userContext, origin.InitialPsn);
        _origin = origin;
        _context = origin._context;
        _port = origin._port;
        _context.Opened = [.. _context.Opened, this];
    }

    /// <summary>The domain that an XRC target was made or opened in; null for other types.</summary>
    public XrcDomain? XrcDomain { get; }

    /// <summary>Whether this is a handle that <see cref="XrcDomain.OpenQueuePair"/> gave to a target that somebody else made.</summary>
    internal bool IsOpened => _origin is not null;

    // R-VERB-10: who made a target waits for those who opened it.
    private void ThrowIfOpened()
    {
        int others = IsOpened ? 0 : _context.Opened.Length;
        if (others != 0)
            throw new RdmaException(VerbsErrno.EBUSY, $"{others} other(s) have opened this target: they dispose of it first");
    }

    /// <summary>Under the control lock.</summary>
    private void LeaveXrcDomain(XrcDomain domain)
    {
        if (IsOpened)
            _context.Opened = [.. _context.Opened.Where(handle => handle != this)];
        else
            domain.Context.Remove(this);
        domain.Forget(this);
    }
}
