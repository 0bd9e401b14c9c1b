// Two cores carry an emulated machine and the code under test: anything beside them would show as retries.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
