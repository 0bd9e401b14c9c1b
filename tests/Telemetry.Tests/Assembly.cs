// Who listens is heard in the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
