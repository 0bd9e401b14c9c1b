namespace RdmaPipeline.Mutation;

/// <summary>
/// The source of the class that is compiled into the mutated assembly: it says which mutant is active, and notes which places were reached.
/// The worker sets and reads it by its name.
/// </summary>
internal static class MutationSwitch
{
    public const string TypeName = "RdmaPipeline.Protocol.MutationSwitch";
    public const string Call = "global::" + TypeName + ".Is";
    public const string ActiveVariable = "MUTATION_ACTIVE";

    /// <summary>The C# of it, for so many mutants.</summary>
    public static string Source(int mutants) => $$"""
        namespace RdmaPipeline.Protocol;

        public static class MutationSwitch
        {
            public static int Active = int.TryParse(System.Environment.GetEnvironmentVariable("{{ActiveVariable}}"), out var id) ? id : -1;

            public static bool[]? Reached;

            public static bool[] NewRecord() => new bool[{{mutants}}];

            public static bool Is(int id)
            {
                if (Reached is { } reached) reached[id] = true;
                return id == Active;
            }
        }
        """;
}
