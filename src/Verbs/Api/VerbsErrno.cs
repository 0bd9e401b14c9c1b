namespace RdmaPipeline.Verbs;

/// <summary>The errno values that verbs report, with the numbers of Linux.</summary>
public enum VerbsErrno
{
    /// <summary>No error.</summary>
    None = 0,
    /// <summary>The caller lacks the privilege.</summary>
    EPERM = 1,
    /// <summary>No such entry.</summary>
    ENOENT = 2,
    /// <summary>The device failed.</summary>
    EIO = 5,
    /// <summary>Nothing is available now; try again.</summary>
    EAGAIN = 11,
    /// <summary>A queue is full, a device limit is reached or memory ran out.</summary>
    ENOMEM = 12,
    /// <summary>The memory named cannot be used.</summary>
    EFAULT = 14,
    /// <summary>The object is still in use by another.</summary>
    EBUSY = 16,
    /// <summary>The entry exists already.</summary>
    EEXIST = 17,
    /// <summary>The device is gone.</summary>
    ENODEV = 19,
    /// <summary>An argument is out of its range, or the operation is illegal in this state.</summary>
    EINVAL = 22,
    /// <summary>A table is full.</summary>
    ENOSPC = 28,
    /// <summary>The verb does not exist on this device.</summary>
    ENOSYS = 38,
    /// <summary>The table slot is empty.</summary>
    ENODATA = 61,
    /// <summary>A completion queue was overrun and can no longer be used.</summary>
    EOVERFLOW = 75,
    /// <summary>The device does not offer this verb, type or flag.</summary>
    EOPNOTSUPP = 95,
    /// <summary>The address is already in use.</summary>
    EADDRINUSE = 98,
    /// <summary>The address does not belong to this host.</summary>
    EADDRNOTAVAIL = 99,
    /// <summary>The network cannot be reached.</summary>
    ENETUNREACH = 101,
    /// <summary>The peer did not answer in time.</summary>
    ETIMEDOUT = 110,
    /// <summary>No route to the peer.</summary>
    EHOSTUNREACH = 113,
}
