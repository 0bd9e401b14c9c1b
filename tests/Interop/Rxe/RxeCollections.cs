namespace RdmaPipeline.InteropTests.Rxe;

[CollectionDefinition("guest with path MTU 1024")]
public sealed class RxeCollection1024 : ICollectionFixture<RxeFixture1024>;

[CollectionDefinition("guest with path MTU 4096")]
public sealed class RxeCollection4096 : ICollectionFixture<RxeFixture4096>;
