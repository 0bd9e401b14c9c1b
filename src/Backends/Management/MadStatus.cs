namespace RdmaPipeline.Backends.Management;

/// <summary>What an answer says about its request; the low 15 bits of the status field.</summary>
public enum MadStatus : ushort
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>The class has no such version.</summary>
    BadVersion = 0x0004,

    /// <summary>The agent does not have this attribute, or not with this method (R-BE-53).</summary>
    UnsupportedAttribute = 0x000C,

    /// <summary>A field of the attribute, or its modifier, has a value that cannot be.</summary>
    InvalidValue = 0x001C,
}
