using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>
/// Runs code of this process inside a network namespace: a socket belongs to the namespace of the thread that makes it,
/// and a thread that a thread starts inherits its namespace. So it does the urgency.
/// </summary>
public sealed partial class NetworkNamespace(string name)
{
    private const int CloneNewNet = 0x40000000;

    public string Name => name;

    /// <summary>Runs <paramref name="body"/> on a thread of its own inside the namespace and hands on what it returns or throws.</summary>
    public T Run<T>(Func<T> body)
    {
        var result = default(T);
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                result = body();
            }
            catch (Exception caught)
            {
                fault = ExceptionDispatchInfo.Capture(caught);
            }
        }) { IsBackground = true, Name = $"in {name}" };
        thread.Start();
        thread.Join();
        fault?.Throw();
        return result!;
    }

    public void Run(Action body) => Run(() =>
    {
        body();
        return true;
    });

    private void Enter()
    {
        using var handle = File.OpenHandle($"/run/netns/{name}");
        if (SetNamespace(handle, CloneNewNet) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot enter the network namespace {name}");
        Urgency.TakeOurs();
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
