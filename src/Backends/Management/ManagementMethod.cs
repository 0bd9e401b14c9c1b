namespace RdmaPipeline.Backends.Management;

/// <summary>The methods of requests that a device answers, and of its answer (cm.md 1.1).</summary>
public enum ManagementMethod : byte
{
    /// <summary>Asks for an attribute.</summary>
    Get = 0x01,

    /// <summary>Changes an attribute and asks for what it is then.</summary>
    Set = 0x02,

    /// <summary>The answer to both.</summary>
    GetResponse = 0x81,
}
