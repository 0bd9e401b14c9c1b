using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <content>Edits: each gives another description and changes nothing.</content>
public sealed partial record StageGraphSpec<T>
{
    /// <summary>This description with a stage put into one of its edges.</summary>
    /// <param name="from">The stage the edge starts at.</param>
    /// <param name="inserted">A stage with one input and one output; it runs on the shard of the stage it is put behind.</param>
    /// <param name="port">The output port the edge starts at.</param>
    /// <returns>The changed description.</returns>
    /// <exception cref="ArgumentException">There is no such edge, or it ends at no stage.</exception>
    public StageGraphSpec<T> InsertAfter(string from, StageSpec<T> inserted, string port = StageSpec<T>.DefaultOutput)
    {
        ArgumentNullException.ThrowIfNull(inserted);
        EdgeSpec edge = EdgeFrom(from, port);
        var target = Find(edge.To)
            ?? throw new ArgumentException($"Edge {edge} of graph '{Name}' ends at '{edge.To}', which is no stage.");
        var second = new EdgeSpec(inserted.Name, StageSpec<T>.DefaultOutput, edge.To, edge.ToPort, edge.Capacity);
        return this with
        {
            Stages = Stages.Insert(Stages.IndexOf(target), inserted with { Shard = Stage(from).Shard }),
            Edges = Edges.Replace(edge, edge with { To = inserted.Name, ToPort = StageSpec<T>.DefaultInput }).Add(second),
        };
    }

    /// <summary>This description with a stage of one input and one output put behind another.</summary>
    /// <param name="name">The name of the new stage.</param>
    /// <param name="factory">Makes it; called once per build.</param>
    /// <param name="after">The stage it is put behind, and whose shard it runs on.</param>
    /// <param name="port">The output port of <paramref name="after"/>.</param>
    /// <exception cref="ArgumentException">There is no such edge, or it ends at no stage.</exception>
    public StageGraphSpec<T> Insert(string name, Func<IStage<T>> factory, string after, string port = StageSpec<T>.DefaultOutput) =>
        InsertAfter(after, new StageSpec<T> { Name = name, Factory = factory }, port);

    /// <summary>This description without a stage that has one output: what led to it leads to where it led.</summary>
    /// <exception cref="ArgumentException">There is no such stage, or it has not exactly one output that leads somewhere.</exception>
    public StageGraphSpec<T> Remove(string name)
    {
        StageSpec<T> stage = Stage(name);
        EdgeSpec[] outputs = [.. Edges.Where(e => e.From == name)];
        if (stage.Outputs.Length != 1 || outputs is not [{ } output])
        {
            throw new ArgumentException(
                $"Stage '{name}' of graph '{Name}' has {stage.Outputs.Length} outputs;"
                + " only a stage with one can be taken out of its edge.");
        }

        return this with
        {
            Stages = Stages.Remove(stage),
            Edges = [.. Edges.Where(e => e != output)
                .Select(e => e.To == name ? e with { To = output.To, ToPort = output.ToPort, Capacity = output.Capacity } : e)],
        };
    }

    /// <summary>This description with another stage in the place of one, between the same edges.</summary>
    /// <param name="name">The stage; the new one has its name and ports.</param>
    /// <param name="factory">
    /// Makes the new one. The same delegate as before is no change; when old and new are both <see cref="IStatefulStage"/>, the state is
    /// handed over.
    /// </param>
    /// <exception cref="ArgumentException">There is no such stage.</exception>
    public StageGraphSpec<T> Replace(string name, Func<IStage<T>> factory) => Change(name, s => s with { Factory = factory });

    /// <summary>This description with another capacity of all edges into a stage.</summary>
    /// <param name="name">The stage.</param>
    /// <param name="capacity">Bursts each edge into it holds, at least 1.</param>
    /// <exception cref="ArgumentException">There is no such stage.</exception>
    public StageGraphSpec<T> Resize(string name, int capacity) => Change(name, s => s with { Capacity = capacity }) with
    {
        Edges = [.. Edges.Select(e => e.To == name ? e with { Capacity = capacity } : e)],
    };

    /// <summary>This description with an output that leads to another place.</summary>
    /// <param name="from">The stage the edge starts at.</param>
    /// <param name="to">The stage it is to end at.</param>
    /// <param name="port">The output port it starts at.</param>
    /// <param name="toPort">The input port it is to end at.</param>
    /// <exception cref="ArgumentException">There is no such edge.</exception>
    public StageGraphSpec<T> Reroute(
        string from, string to, string port = StageSpec<T>.DefaultOutput, string toPort = StageSpec<T>.DefaultInput)
    {
        EdgeSpec edge = EdgeFrom(from, port);
        return this with { Edges = Edges.Replace(edge, edge with { To = to, ToPort = toPort }) };
    }

    /// <summary>This description with another driver of a shard.</summary>
    public StageGraphSpec<T> Drive(int shard, ShardDriverKind driver) => this with { Drivers = Drivers.SetItem(shard, driver) };

    private StageGraphSpec<T> Change(string name, Func<StageSpec<T>, StageSpec<T>> change)
    {
        StageSpec<T> stage = Stage(name);
        return this with { Stages = Stages.Replace(stage, change(stage)) };
    }

    private StageSpec<T> Stage(string name) =>
        Find(name) ?? throw new ArgumentException($"Graph '{Name}' has no stage '{name}'.");

    private EdgeSpec EdgeFrom(string from, string port) => Edges.FirstOrDefault(e => e.From == from && e.Port == port)
        ?? throw new ArgumentException($"Graph '{Name}' has no edge from '{from}.{port}'.");
}
