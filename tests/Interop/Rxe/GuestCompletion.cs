namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>A completion that the guest's program polled; the status by its libibverbs name without IBV_WC_.</summary>
public sealed record GuestCompletion(ulong WorkRequest, string Status, uint Length, uint? Immediate, uint? Invalidated);
