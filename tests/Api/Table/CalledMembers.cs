using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.ApiTests.Table;

/// <summary>
/// Which members the tests of an assembly call, read from their compiled code: the source names a member, the compiler says of which type
/// it is.
/// </summary>
internal static class CalledMembers
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Member by member, as <c>Type.Member</c>, the test classes that call it.</summary>
    public static ILookup<string, string> In(Assembly tests) =>
        (from type in tests.GetTypes()
         let test = TestClassOf(type)
         where test is not null
         from method in type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything))
         from called in CallsOf(method)
         let owner = called.DeclaringType
         where owner is not null && owner.Assembly != tests
         select (Member: $"{owner.Name}.{NameOf(called)}", Test: test)).Distinct().ToLookup(call => call.Member, call => call.Test);

    // Lambdas, iterators and asynchronous methods are compiled into types inside that of the test.
    private static string? TestClassOf(Type? type)
    {
        for (; type is not null; type = type.DeclaringType)
        {
            if (type.GetCustomAttribute<CompilerGeneratedAttribute>() is null)
                return type.GetMethods(Everything).Any(IsTest) ? type.Name : null;
        }
        return null;
    }

    private static bool IsTest(MethodInfo method) => method.GetCustomAttributes<FactAttribute>().Any();

    private static string NameOf(MethodBase method) =>
        method.IsSpecialName && method.Name.StartsWith("get_", StringComparison.Ordinal) ? method.Name[4..] : method.Name;

    private static IEnumerable<MethodBase> CallsOf(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (int at = 0; at < code.Length;)
        {
            OpCode instruction = Read(code, ref at);
            if (instruction.OperandType == OperandType.InlineMethod)
                yield return Resolve(method, BitConverter.ToInt32(code, at));
            at += SizeOf(instruction, code, at);
        }
    }

    private static OpCode Read(byte[] code, ref int at)
    {
        short value = code[at++];
        if (value == 0xFE)
            value = unchecked((short)(0xFE00 | code[at++]));
        return OpCodesByValue[value];
    }

    private static MethodBase Resolve(MethodBase caller, int token) => caller.Module.ResolveMethod(
        token, caller.DeclaringType!.GetGenericArguments(), caller.IsGenericMethod ? caller.GetGenericArguments() : null)!;

    private static int SizeOf(OpCode instruction, byte[] code, int at) => instruction.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };
}
