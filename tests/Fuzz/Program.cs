using RdmaPipeline.FuzzTests;

return FuzzProgram.Execute(args);
