using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Hands its state over to the one that takes its place; some fail when they are to be attached, or to take over.</summary>
internal sealed class DrawnHeir(GraphParts parts, string name, HeirMood mood) : DrawnStage(parts, name, "out"), IStatefulStage
{
    private int _attached;

    /// <summary>Whose state it has taken over.</summary>
    public DrawnHeir? Predecessor { get; private set; }

    public override void Attach(IStageContext<TestBurst> context)
    {
        var fails = mood switch
        {
            HeirMood.FailsToAttach => true, HeirMood.FailsToMove => _attached == 1, HeirMood.FailsToStay => _attached >= 1, _ => false,
        };
        _attached++;
        if (fails) throw new DrawnFailureException(Name);
        base.Attach(context);
    }

    public object? SaveState() => mood == HeirMood.FailsToSave ? throw new DrawnFailureException(Name) : this;

    public void RestoreState(object? state)
    {
        if (Context is null) throw new FuzzFailureException($"'{Name}' takes over and is not attached");
        if (mood == HeirMood.FailsToRestore) throw new DrawnFailureException(Name);
        Predecessor = (DrawnHeir?)state;
    }
}

/// <summary>What goes wrong with a <see cref="DrawnHeir"/>.</summary>
internal enum HeirMood
{
    Well,
    FailsToAttach,
    FailsToRestore,
    FailsToSave,

    /// <summary>Fails when it is attached to another host, once.</summary>
    FailsToMove,

    /// <summary>Fails when it is attached to another host, and when it is to go back.</summary>
    FailsToStay,
}

/// <summary>A failure that a drawing has in it.</summary>
internal sealed class DrawnFailureException(string stage) : Exception($"'{stage}' fails as drawn");
