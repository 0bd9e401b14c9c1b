namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>The guest whose path MTU is 4096.</summary>
public sealed class RxeFixture4096() : RxeFixture(9000);
