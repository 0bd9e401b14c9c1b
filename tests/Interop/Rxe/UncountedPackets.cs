namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>Packets that make what one side received another number than what the other side sent.</summary>
/// <param name="DroppedByUs">Exactly as many we counted as dropped.</param>
/// <param name="DroppedByGuest">Exactly as many the guest counted as dropped.</param>
/// <param name="LeftToUs">At most as many were on their way to us when our queue pairs ended.</param>
/// <param name="LeftToGuest">At most as many were on their way to the guest when its queue pairs ended.</param>
/// <param name="OwnOfGuest">Copies of its own multicast datagrams that the guest, a member, received (R-RESP-47).</param>
public readonly record struct UncountedPackets(
    long DroppedByUs = 0, long DroppedByGuest = 0, long LeftToUs = 0, long LeftToGuest = 0, long OwnOfGuest = 0);
