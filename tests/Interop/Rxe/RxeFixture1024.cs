namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>The guest whose path MTU is 1024.</summary>
public sealed class RxeFixture1024() : RxeFixture(1500);
