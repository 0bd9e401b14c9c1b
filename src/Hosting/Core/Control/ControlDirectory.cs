using System.Globalization;

namespace RdmaPipeline.Hosting.Control;

/// <summary>
/// Where the control sockets of a user's processes are: <c>$XDG_RUNTIME_DIR/rdmapipe</c>, or where that variable is not set
/// <c>$XDG_STATE_HOME/rdmapipe</c>, <c>~/.local/state</c> by default. The directory is the user's alone (mode 0700), so is each socket
/// (0600).
/// </summary>
public static class ControlDirectory
{
    /// <summary>The variable that opens a control socket in programs that are not told otherwise: 1.</summary>
    public const string Variable = "RDMAPIPE_CONTROL";

    private const string Extension = ".sock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // What a socket address holds, without the NUL.
    private const int LongestPath = 107;

    /// <summary>Whether the variable asks for a control socket.</summary>
    public static bool IsAskedFor => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>The directory, whether it exists or not.</summary>
    /// <exception cref="IOException">Neither variable is set, and there is no home directory.</exception>
    public static string Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime)
                return System.IO.Path.Combine(runtime, "rdmapipe");
            if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state)
                return System.IO.Path.Combine(state, "rdmapipe");
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return home.Length > 0
                ? System.IO.Path.Combine(home, ".local", "state", "rdmapipe")
                : throw new IOException("XDG_RUNTIME_DIR is not set, and there is no home directory for a control socket");
        }
    }

    /// <summary>The socket of a process, whether it exists or not.</summary>
    /// <exception cref="IOException">There is no place for one, or its path is too long for a socket.</exception>
    public static string SocketOf(int processId)
    {
        string path = System.IO.Path.Combine(Path, processId.ToString(CultureInfo.InvariantCulture) + Extension);
        return System.Text.Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? path
            : throw new IOException($"the path of the control socket is {path}; it must have at most {LongestPath} bytes");
    }

    /// <summary>The processes that have a socket here, be they alive or not.</summary>
    public static IReadOnlyList<int> ProcessIds()
    {
        string path = Path;
        if (!Directory.Exists(path))
            return [];
        return
        [
            .. from file in Directory.EnumerateFiles(path, "*" + Extension)
               let name = System.IO.Path.GetFileNameWithoutExtension(file)
               where int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
               orderby int.Parse(name, CultureInfo.InvariantCulture)
               select int.Parse(name, CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Makes the directory, and makes sure that nobody else gets into it.</summary>
    internal static void Prepare()
    {
        string path = Path;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnerOnly);
        // Fails where somebody else owns it.
        if (File.GetUnixFileMode(path) != OwnerOnly)
            File.SetUnixFileMode(path, OwnerOnly);
    }
}
