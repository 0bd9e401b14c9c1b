namespace RdmaPipeline.Protocol.Wire;

/// <summary>How much payload an opcode carries.</summary>
public enum PayloadRule : byte
{
    /// <summary>No payload.</summary>
    None,

    /// <summary>0 bytes to the path MTU.</summary>
    UpToPathMtu,

    /// <summary>1 byte to the path MTU.</summary>
    OneToPathMtu,

    /// <summary>Exactly the path MTU.</summary>
    FullPathMtu,

    /// <summary>Exactly 8 bytes (ATOMIC WRITE).</summary>
    EightBytes,

    /// <summary>Exactly 16 bytes, all zero (CNP, R-WIRE-9).</summary>
    SixteenBytes,
}
