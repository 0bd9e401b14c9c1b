using System.Runtime.InteropServices;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>
/// Soft-RoCE repeats what is not acknowledged within 67 ms, and its timer may already run when a message begins. So nothing else
/// that runs on this machine may delay either side of an exchange: both run under the real-time policy, the guest before us, or
/// else at a raised priority.
/// </summary>
public static partial class Urgency
{
    /// <summary>The guest's emulator, whose one processor has most to do.</summary>
    public const int Guest = 5;

    /// <summary>Our side of an exchange: it may poll and must not push the guest aside.</summary>
    public const int Ours = 4;

    private const int RoundRobin = 2;

    private static readonly bool s_realTime = Command.Run("chrt", ["-r", $"{Guest}", "true"], TimeSpan.FromSeconds(10)).ExitCode == 0;

    /// <summary>Starts a command with this urgency; what it starts inherits it.</summary>
    public static Command Start(int urgency, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        s_realTime
            ? Command.Start("chrt", ["-r", $"{urgency}", file, .. arguments], environment)
            : Command.Start("nice", ["-n", $"{-urgency}", file, .. arguments], environment);

    /// <summary>Gives running processes this urgency, with all their threads.</summary>
    public static void Raise(int urgency, string processes)
    {
        foreach (var process in processes.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string[] command = s_realTime ? ["chrt", "-a", "-r", "-p", $"{urgency}", process] : ["renice", $"{-urgency}", "-p", process];
            Command.Run(command[0], command[1..], TimeSpan.FromSeconds(10)).Expect();
        }
    }

    /// <summary>Gives the calling thread, and the threads it starts from now on, the urgency of our side.</summary>
    public static void TakeOurs()
    {
        if (s_realTime && SetScheduler(0, RoundRobin, Ours) != 0)
            throw new InvalidOperationException($"a thread cannot be scheduled in real time: error {Marshal.GetLastPInvokeError()}");
    }

    // struct sched_param is one int.
    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, in int priority);
}
