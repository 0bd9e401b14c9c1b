using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// Has the back-end start and stop to receive multicast groups. A back-end without the ability delivers every group (R-BE-6).
/// </summary>
/// <param name="backend">The back-end.</param>
/// <param name="run">Runs a command on the shard that owns the back-end, and hands on what it throws.</param>
internal sealed class GroupReception(IPacketBackend backend, Action<Action> run)
{
    private bool IsFiltered => backend.Description.Capabilities.HasFlag(BackendCapabilities.Multicast);

    /// <summary>Starts.</summary>
    /// <exception cref="RdmaException">EINVAL: the port cannot join this group. Else what the system answered, or EIO.</exception>
    public void Start(UInt128 group)
    {
        if (!IsFiltered)
            return;
        try
        {
            run(() => backend.JoinGroup(group));
        }
        catch (ArgumentException refusal)
        {
            throw Refused(VerbsErrno.EINVAL, group, refusal);
        }
        catch (BackendOpenException refusal)
        {
            var errno = (VerbsErrno)refusal.Errno;
            throw Refused(errno != VerbsErrno.None && Enum.IsDefined(errno) ? errno : VerbsErrno.EIO, group, refusal);
        }
    }

    /// <summary>Stops.</summary>
    public void Stop(UInt128 group)
    {
        if (IsFiltered)
            run(() => backend.LeaveGroup(group));
    }

    private static RdmaException Refused(VerbsErrno errno, UInt128 group, Exception cause) =>
        new(errno, $"mgid is {new Gid(group)}: {cause.Message}", cause);
}
