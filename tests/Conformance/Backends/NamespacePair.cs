using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>
/// Two network namespaces of a test's own, joined by a cable: 10.77.0.1 and fd77::1 on the one side, .2 and ::2 on the other. A socket
/// belongs to the namespace of the thread that makes it, and can be used on any thread afterwards.
/// </summary>
public sealed partial class NamespacePair : IDisposable
{
    private const int CloneNewNet = 0x40000000;
    private readonly string[] _names;
    private readonly string[] _devices;

    private NamespacePair(string id)
    {
        _names = [$"rdma-{id}-a", $"rdma-{id}-b"];
        _devices = [$"v{id}a", $"v{id}b"];
    }

    /// <summary>Makes the two, or skips the test and says why it cannot.</summary>
    public static NamespacePair Open()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "network namespaces need root");
        var id = Guid.NewGuid().ToString("n")[..8];
        var pair = new NamespacePair(id);
        try
        {
            pair.Build();
            return pair;
        }
        catch (Win32Exception missing)
        {
            throw new SkipException($"there is no ip command: {missing.Message}");
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    /// <summary>Runs code on a thread of its own inside one of the two.</summary>
    public T Run<T>(int side, Func<T> body)
    {
        var result = default(T);
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter(_names[side]);
                result = body();
            }
            catch (Exception caught)
            {
                fault = ExceptionDispatchInfo.Capture(caught);
            }
        }) { IsBackground = true };
        thread.Start();
        thread.Join();
        fault?.Throw();
        return result!;
    }

    /// <summary>Gives one of the two an address, with its prefix length.</summary>
    public void AddAddress(int side, string address) => ChangeAddress("add", side, address);

    /// <summary>Takes an address away from one of the two.</summary>
    public void RemoveAddress(int side, string address) => ChangeAddress("del", side, address);

    /// <summary>Takes the first side's end of the cable down: the other loses its carrier.</summary>
    public void Cut() => Must("-n", _names[0], "link", "set", _devices[0], "down");

    /// <summary>Takes it up again, and waits until it carries.</summary>
    public void Restore()
    {
        Must("-n", _names[0], "link", "set", _devices[0], "up");
        AwaitLink(_names[0], _devices[0]);
    }

    public void Dispose()
    {
        foreach (var name in _names)
            Ip("netns", "del", name);
    }

    private void ChangeAddress(string verb, int side, string address)
    {
        string[] atOnce = verb == "add" && address.Contains(':', StringComparison.Ordinal) ? ["nodad"] : [];
        var (exit, _, error) = Ip(["-n", _names[side], "addr", verb, address, "dev", _devices[side], .. atOnce]);
        Assert.True(exit == 0, $"ip addr {verb} {address}: {error}");
    }

    private void Build()
    {
        foreach (var name in _names)
            Must("netns", "add", name);
        Must("link", "add", _devices[0], "netns", _names[0], "type", "veth", "peer", "name", _devices[1], "netns", _names[1]);
        for (var side = 0; side < 2; side++)
        {
            var (name, device, host) = (_names[side], _devices[side], side + 1);
            Must("-n", name, "addr", "add", $"10.77.0.{host}/24", "dev", device);
            Must("-n", name, "addr", "add", $"fd77::{host}/64", "dev", device, "nodad");
            Must("-n", name, "link", "set", device, "up");
        }

        for (var side = 0; side < 2; side++)
            AwaitLink(_names[side], _devices[side]);
    }

    // The kernel starts to send some time after both ends were set up.
    private static void AwaitLink(string name, string device)
    {
        var patience = Stopwatch.StartNew();
        while (!Ip("-n", name, "link", "show", device).Output.Contains("state UP", StringComparison.Ordinal))
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(20), $"{device} does not come up");
    }

    private static void Must(params string[] arguments)
    {
        var (exit, _, error) = Ip(arguments);
        Skip.If(exit != 0, $"ip {string.Join(' ', arguments)}: {error}");
    }

    private static (int Exit, string Output, string Error) Ip(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Trim());
    }

    private static void Enter(string name)
    {
        using var handle = File.OpenHandle($"/run/netns/{name}");
        if (SetNamespace(handle, CloneNewNet) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot enter the network namespace {name}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
