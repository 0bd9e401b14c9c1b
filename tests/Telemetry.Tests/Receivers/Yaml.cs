using YamlDotNet.RepresentationModel;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>Files of YAML as trees.</summary>
internal static class Yaml
{
    /// <summary>The root of a file of the source tree.</summary>
    public static YamlMappingNode Load(string path)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(SourceTree.Find(path));
        stream.Load(reader);
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    /// <summary>The text of a leaf.</summary>
    public static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    /// <summary>The keys of a map.</summary>
    public static IEnumerable<string> Keys(YamlNode node) => ((YamlMappingNode)node).Children.Keys.Select(Text);
}
