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
    /// in this domain reach each other; it has to go before this domain.
    /// </summary>
    /// <param name="userContext">Anything to find again at <see cref="UserContext"/>.</param>
    /// <returns>The parent domain.</returns>
    /// <exception cref="RdmaException">EINVAL: this is a parent domain itself. ENOMEM: the device has no more domains.</exception>
    public ProtectionDomain CreateParentDomain(object? userContext = null)
    {
        if (Inner is not null)
            throw RdmaException.Invalid("pd is a parent domain: make it from the domain inside");
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            RdmaDevice.CheckLimit(_device.ProtectionDomainCount, _device.Attributes.MaxProtectionDomains, "protection domains");
            var parent = new ProtectionDomain(this, userContext);
            _parents++;
            _device.Remember(parent);
            return parent;
        }
    }
}
