// The counters of blocks are the process's: one campaign at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
