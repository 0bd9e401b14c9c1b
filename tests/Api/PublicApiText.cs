using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RdmaPipeline.ApiTests;

/// <summary>Writes the public surface of an assembly, sorted, one member a line.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Head(type)).Append('\n');
            foreach (string line in Members(type).Order(StringComparer.Ordinal))
                text.Append("    ").Append(line).Append('\n');
        }
        return text.ToString();
    }

    private static string Head(Type type)
    {
        string kind = type.IsEnum ? $"enum : {Name(Enum.GetUnderlyingType(type))}"
            : type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsSealed ? "sealed class" : "class";
        Type[] parent = type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) && b != typeof(Enum) ? [b] : [];
        string[] bases = [.. parent.Concat(type.IsEnum ? [] : type.GetInterfaces()).Select(Name).Order(StringComparer.Ordinal)];
        return $"{type.FullName} : {kind}{(bases.Length == 0 ? "" : $" [{string.Join(", ", bases)}]")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{name} = {Enum.Format(type, Enum.Parse(type, name), "d")}");
        IEnumerable<string> constructors = type.GetConstructors(Declared).Where(Visible).Select(c => $"new({Parameters(c)})");
        IEnumerable<string> methods = type.GetMethods(Declared)
            .Where(m => Visible(m) && !m.IsSpecialName && !m.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Select(m => $"{Static(m)}{m.Name}({Parameters(m)}) : {Name(m.ReturnType)}");
        IEnumerable<string> properties = type.GetProperties(Declared).Where(p => p.GetAccessors(true).Any(Visible)).Select(Property);
        IEnumerable<string> fields = type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily)
            .Select(f => $"field {f.Name} : {Name(f.FieldType)}");
        return [.. constructors, .. methods, .. properties, .. fields];
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo? set = property.SetMethod is { } setter && Visible(setter) ? setter : null;
        bool init = set?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string get = property.GetMethod is { } getter && Visible(getter) ? "get; " : "";
        string write = set is null ? "" : init ? "init; " : "set; ";
        return $"{Static(property.GetAccessors(true)[0])}{required}{property.Name} {{ {get}{write}}} : {Name(property.PropertyType)}";
    }

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : "";
        string value = parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "null"}" : "";
        return $"{passing}{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (Nullable.GetUnderlyingType(type) is { } value)
            return $"{Name(value)}?";
        if (!type.IsGenericType)
            return type.Name;
        return $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
