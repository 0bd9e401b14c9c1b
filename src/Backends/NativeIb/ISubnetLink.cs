namespace RdmaPipeline.Backends.NativeIb;

/// <summary>The link of a native port, as subnet management sees and configures it (R-BE-52).</summary>
public interface ISubnetLink
{
    /// <summary>State and identifiers now.</summary>
    LinkStatus QueryLink();

    /// <summary>Configures the port: all or, when the subnet cannot follow, nothing.</summary>
    /// <param name="wanted">What the port shall have.</param>
    /// <returns>False when nothing changed: a LID that is no port's or another port's, or a step that the state does not have.</returns>
    bool TryConfigure(in PortConfiguration wanted);

    /// <summary>The subnet manager asks clients to register again.</summary>
    void AskToReregister();
}
