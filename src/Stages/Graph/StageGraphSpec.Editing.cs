using System.Collections.Immutable;

namespace RdmaPipeline.Graph;

/// <content>
/// Edits: each gives another description and changes nothing. One that cannot be made gives the same description with an entry in
/// <see cref="EditErrors"/>, so that all that is wrong with a row of edits is told together.
/// </content>
public sealed partial record StageGraphSpec<T>
{
    /// <summary>This description, with an edit that cannot be made: nothing can be built from it any more.</summary>
    /// <param name="error">What was asked for and why it cannot be, as a sentence.</param>
    public StageGraphSpec<T> WithEditError(string error)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(error);
        return this with { EditErrors = EditErrors.Add(error) };
    }

    /// <summary>This description with a stage put into one of its edges.</summary>
    /// <param name="from">The stage the edge starts at.</param>
    /// <param name="inserted">A stage with one input and one output; it runs on the shard of the stage it is put behind.</param>
    /// <param name="port">The output port the edge starts at.</param>
    /// <returns>The changed description; with an error where there is no such edge, or it ends at no stage.</returns>
    public StageGraphSpec<T> InsertAfter(string from, StageSpec<T> inserted, string port = StageSpec<T>.DefaultOutput)
    {
        ArgumentNullException.ThrowIfNull(inserted);
        if (EdgeFrom(from, port) is not { } edge || Find(from) is not { } source)
        {
            return WithEditError($"'{inserted.Name}' cannot be inserted: there is no edge from '{from}.{port}'.");
        }

        if (Find(edge.To) is not { } target)
        {
            return WithEditError($"'{inserted.Name}' cannot be inserted: edge {edge} ends at '{edge.To}', which is no stage.");
        }

        var second = new EdgeSpec(inserted.Name, StageSpec<T>.DefaultOutput, edge.To, edge.ToPort, edge.Capacity);
        return this with
        {
            Stages = Stages.Insert(Stages.IndexOf(target), inserted with { Shard = source.Shard }),
            Edges = Edges.Replace(edge, edge with { To = inserted.Name, ToPort = StageSpec<T>.DefaultInput }).Add(second),
        };
    }

    /// <summary>This description with a stage of one input and one output put behind another.</summary>
    /// <param name="name">The name of the new stage.</param>
    /// <param name="factory">Makes it; called once per build.</param>
    /// <param name="after">The stage it is put behind, and whose shard it runs on.</param>
    /// <param name="port">The output port of <paramref name="after"/>.</param>
    public StageGraphSpec<T> Insert(string name, Func<IStage<T>> factory, string after, string port = StageSpec<T>.DefaultOutput) =>
        InsertAfter(after, new StageSpec<T> { Name = name, Factory = factory }, port);

    /// <summary>This description without a stage that has one output: what led to it leads to where it led.</summary>
    /// <returns>The changed description; with an error where there is no such stage, or it has not exactly one output in use.</returns>
    public StageGraphSpec<T> Remove(string name)
    {
        if (Find(name) is not { } stage)
        {
            return WithoutStage(name, "be removed");
        }

        EdgeSpec[] outputs = [.. Edges.Where(e => e.From == name)];
        if (stage.Outputs.Length != 1 || outputs is not [{ } output])
        {
            return WithEditError(
                $"Stage '{name}' cannot be removed: it has {stage.Outputs.Length} outputs, of which {outputs.Length} lead somewhere;"
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
    public StageGraphSpec<T> Replace(string name, Func<IStage<T>> factory) =>
        Find(name) is { } stage ? Change(stage, stage with { Factory = factory }) : WithoutStage(name, "be replaced");

    /// <summary>This description with another capacity of all edges into a stage.</summary>
    /// <param name="name">The stage.</param>
    /// <param name="capacity">Bursts each edge into it holds: 1 to <see cref="StageBlockOptions.MaxCapacity"/>.</param>
    public StageGraphSpec<T> Resize(string name, int capacity) => Find(name) is not { } stage
        ? WithoutStage(name, $"be resized to {capacity}")
        : Change(stage, stage with { Capacity = capacity }) with
        {
            Edges = [.. Edges.Select(e => e.To == name ? e with { Capacity = capacity } : e)],
        };

    /// <summary>This description with an output that leads to another place.</summary>
    /// <param name="from">The stage the edge starts at.</param>
    /// <param name="to">The stage it is to end at.</param>
    /// <param name="port">The output port it starts at.</param>
    /// <param name="toPort">The input port it is to end at.</param>
    public StageGraphSpec<T> Reroute(
        string from, string to, string port = StageSpec<T>.DefaultOutput, string toPort = StageSpec<T>.DefaultInput) =>
        EdgeFrom(from, port) is { } edge
            ? this with { Edges = Edges.Replace(edge, edge with { To = to, ToPort = toPort }) }
            : WithEditError($"'{from}.{port}' cannot be led to '{to}.{toPort}': no edge starts there.");

    /// <summary>This description with another driver of a shard.</summary>
    public StageGraphSpec<T> Drive(int shard, ShardDriverKind driver) => this with { Drivers = Drivers.SetItem(shard, driver) };

    private StageGraphSpec<T> Change(StageSpec<T> old, StageSpec<T> changed) => this with { Stages = Stages.Replace(old, changed) };

    /// <summary>That a stage is not there, as an edit error.</summary>
    internal string NoStage(string name, string purpose) =>
        $"There is no stage '{name}' to {purpose}; the graph has {string.Join(", ", Stages.Select(s => s.Name))}.";

    private StageGraphSpec<T> WithoutStage(string name, string purpose) => WithEditError(NoStage(name, purpose));

    private EdgeSpec? EdgeFrom(string from, string port) => Edges.FirstOrDefault(e => e.From == from && e.Port == port);
}
