using Microsoft.Win32.SafeHandles;

namespace RdmaPipeline.Backends.Udp;

/// <summary>A descriptor that is closed exactly once, even if its owner forgets.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number itself, for the shard that also decides when it is closed.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}
