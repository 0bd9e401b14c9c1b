using RdmaPipeline.FuzzTests.Weaver;

// Weaver ASSEMBLY...: puts a counter at the start of every basic block of each assembly, in place.
foreach (string path in args)
    AssemblyWeaver.Weave(path);
return 0;
