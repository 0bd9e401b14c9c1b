using Mono.Cecil;
using Mono.Cecil.Cil;

namespace RdmaPipeline.FuzzTests.Weaver;

/// <summary>The class added to an assembly: a static read-only array with one byte for each block, made when it is first touched.</summary>
internal sealed class CounterClass
{
    private readonly ModuleDefinition _module;
    private readonly TypeDefinition _type;

    public CounterClass(ModuleDefinition module)
    {
        _module = module;
        var split = AssemblyWeaver.MapType.LastIndexOf('.');
        _type = new TypeDefinition(AssemblyWeaver.MapType[..split], AssemblyWeaver.MapType[(split + 1)..],
            TypeAttributes.Class | TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit,
            module.TypeSystem.Object);
        Field = new FieldDefinition("Map", FieldAttributes.Public | FieldAttributes.Static | FieldAttributes.InitOnly,
            new ArrayType(module.TypeSystem.Byte));
        _type.Fields.Add(Field);
        module.Types.Add(_type);
    }

    public FieldDefinition Field { get; }

    /// <summary>Writes the initialiser, now that the number of blocks is known.</summary>
    public void Complete(int blocks)
    {
        var initialiser = new MethodDefinition(".cctor",
            MethodAttributes.Private | MethodAttributes.Static | MethodAttributes.HideBySig | MethodAttributes.SpecialName
            | MethodAttributes.RTSpecialName, _module.TypeSystem.Void);
        var code = initialiser.Body.GetILProcessor();
        code.Emit(OpCodes.Ldc_I4, blocks);
        code.Emit(OpCodes.Newarr, _module.TypeSystem.Byte);
        code.Emit(OpCodes.Stsfld, Field);
        code.Emit(OpCodes.Ret);
        _type.Methods.Add(initialiser);
    }
}
