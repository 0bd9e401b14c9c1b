namespace RdmaPipeline.Verbs;

/// <content>Parent domains (alloc_parent_domain).</content>
public sealed partial class ProtectionDomain
{
    private int _parents;

    /// <summary>The domain that this one stands for; null for a domain of its own.</summary>
    public ProtectionDomain? Inner { get; }

    /// <summary>What the owner attached to a parent domain.</summary>
    public object? UserContext { get; }

    /// <summary>
    /// Makes a parent domain: another handle of this domain, to group objects and to carry a context. What is made in it and what is made
    /// in this domain reach each other; it has to go before this domain. It counts as a domain, but not against
    /// <see cref="DeviceAttributes.MaxProtectionDomains"/>.
    /// </summary>
    /// <param name="userContext">Anything to find again at <see cref="UserContext"/>.</param>
    /// <returns>The parent domain.</returns>
    /// <exception cref="RdmaException">EINVAL: this is a parent domain itself.</exception>
    public ProtectionDomain CreateParentDomain(object? userContext = null)
    {
        if (Inner is not null)
            throw RdmaException.Invalid("pd is a parent domain: make it from the domain inside");
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            var parent = new ProtectionDomain(this, userContext);
            _parents++;
            _device.Remember(parent);
            return parent;
        }
    }
}
