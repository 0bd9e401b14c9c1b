using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace RdmaPipeline.FuzzTests.Weaver;

/// <summary>Finds the basic blocks of a method and lets each count its runs.</summary>
internal static class MethodWeaver
{
    /// <summary>Rewrites a body.</summary>
    /// <returns>How many blocks it has; they are numbered from <paramref name="first"/>.</returns>
    public static int Weave(MethodBody body, FieldReference map, int first)
    {
        body.SimplifyMacros();
        var leaders = FindLeaders(body);
        var starts = new Dictionary<Instruction, Instruction>();
        var code = body.GetILProcessor();
        foreach (var leader in leaders)
        {
            foreach (var instruction in Count(map, first + starts.Count)) InsertBefore(code, leader, instruction, starts);
        }

        Retarget(body, starts);
        body.OptimizeMacros();
        return leaders.Count;
    }

    // The start of the method, what is branched to, what follows a decision, and where exceptions are caught.
    private static List<Instruction> FindLeaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction> { body.Instructions[0] };
        foreach (var instruction in body.Instructions)
        {
            foreach (var target in Targets(instruction)) leaders.Add(target);
            var decides = instruction.OpCode.FlowControl == FlowControl.Cond_Branch;
            if (decides && instruction.Next is { } next) leaders.Add(next);
        }

        foreach (var handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.HandlerStart);
            if (handler.FilterStart is { } filter) leaders.Add(filter);
        }

        return [.. body.Instructions.Where(leaders.Contains)];
    }

    private static Instruction[] Targets(Instruction instruction) => instruction.Operand switch
    {
        Instruction target => [target],
        Instruction[] targets => targets,
        _ => [],
    };

    private static Instruction[] Count(FieldReference map, int block) =>
    [
        Instruction.Create(OpCodes.Ldsfld, map),
        Instruction.Create(OpCodes.Ldc_I4, block),
        Instruction.Create(OpCodes.Ldelema, map.Module.TypeSystem.Byte),
        Instruction.Create(OpCodes.Dup),
        Instruction.Create(OpCodes.Ldind_U1),
        Instruction.Create(OpCodes.Ldc_I4, 1),
        Instruction.Create(OpCodes.Add),
        Instruction.Create(OpCodes.Conv_U1),
        Instruction.Create(OpCodes.Stind_I1),
    ];

    private static void InsertBefore(
        ILProcessor code, Instruction leader, Instruction inserted, Dictionary<Instruction, Instruction> starts)
    {
        code.InsertBefore(leader, inserted);
        starts.TryAdd(leader, inserted);
    }

    private static void Retarget(MethodBody body, Dictionary<Instruction, Instruction> starts)
    {
        foreach (var instruction in body.Instructions)
        {
            if (instruction.Operand is Instruction target) instruction.Operand = Start(target);
            else if (instruction.Operand is Instruction[] targets) instruction.Operand = targets.Select(Start).ToArray();
        }

        foreach (var handler in body.ExceptionHandlers)
        {
            handler.TryStart = Start(handler.TryStart);
            handler.TryEnd = StartOrEnd(handler.TryEnd);
            handler.HandlerStart = Start(handler.HandlerStart);
            handler.HandlerEnd = StartOrEnd(handler.HandlerEnd);
            handler.FilterStart = StartOrEnd(handler.FilterStart);
        }

        Instruction Start(Instruction leader) => starts.GetValueOrDefault(leader, leader);
        Instruction? StartOrEnd(Instruction? leader) => leader is null ? null : Start(leader);
    }
}
