using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>One queue pair of the guest by remote control: the other end is guest/verbs_peer.py. Use it inside the namespace.</summary>
public sealed class GuestVerbs : IDisposable
{
    private readonly TcpClient _connection = new() { NoDelay = true, ReceiveTimeout = 60_000 };
    private readonly StreamReader _answers;
    private readonly Stream _requests;

    public GuestVerbs(IPEndPoint peer)
    {
        _connection.Connect(peer);
        _requests = _connection.GetStream();
        _answers = new StreamReader(_requests, Encoding.ASCII);
    }

    /// <summary>What the queue pair and its buffer are called; known after <see cref="Open"/>.</summary>
    public uint QueuePairNumber { get; private set; }

    public IPAddress Gid { get; private set; } = IPAddress.IPv6None;

    public ulong Address { get; private set; }

    public uint RemoteKey { get; private set; }

    /// <summary>Makes device context, domain, completion queue, region of <paramref name="buffer"/> bytes and queue pair.</summary>
    public void Open(int gidIndex, int mtu, int buffer, params string[] access) => Open(gidIndex, mtu, buffer, "RC", false, access);

    /// <summary>
    /// The same of another service: RC, UC or UD, with a receive queue of its own or <paramref name="shared"/>, which is not seen on the
    /// wire.
    /// </summary>
    public void Open(int gidIndex, int mtu, int buffer, string service, bool shared, params string[] access)
    {
        var made = Do("open", new()
        {
            ["gid_index"] = gidIndex, ["mtu"] = mtu, ["buffer"] = buffer, ["access"] = Names(access), ["service"] = service,
            ["shared"] = shared,
        });
        QueuePairNumber = made["qpn"]!.GetValue<uint>();
        Gid = IPAddress.Parse(made["gid"]!.GetValue<string>());
        Address = made["address"]!.GetValue<ulong>();
        RemoteKey = made["rkey"]!.GetValue<uint>();
    }

    /// <summary>Walks the guest's queue pair to RTS towards ours.</summary>
    public void Connect(uint queuePair, IPAddress gid, uint psn, uint remotePsn, int retry = 7, int rnrRetry = 7) =>
        Do("connect", new()
        {
            ["qpn"] = queuePair, ["gid"] = Text(gid), ["psn"] = psn, ["remote_psn"] = remotePsn,
            ["retry"] = retry, ["rnr_retry"] = rnrRetry,
        });

    /// <summary>Walks a datagram queue pair to RTS.</summary>
    public void Activate(uint queueKey, uint psn) => Do("activate", new() { ["qkey"] = queueKey, ["psn"] = psn });

    /// <summary>Makes the queue pair a member of a multicast group.</summary>
    public void Join(IPAddress group) => Do("join", new() { ["group"] = group.ToString(), ["gid"] = Text(group) });

    /// <summary>Where a datagram goes, as fields for <see cref="Post"/>.</summary>
    public static JsonObject To(IPAddress gid, uint queuePair, uint queueKey) =>
        new() { ["gid"] = Text(gid), ["qpn"] = queuePair, ["qkey"] = queueKey };

    public void Fill(int offset, int length, int seed) => Do("fill", new() { ["offset"] = offset, ["length"] = length, ["seed"] = seed });

    /// <summary>The guest compares its memory with <see cref="GuestPattern"/>; throws where it differs.</summary>
    public void Check(int offset, int length, int seed) => Do("check", new() { ["offset"] = offset, ["length"] = length, ["seed"] = seed });

    public void Poke(int offset, ulong value) => Do("poke", new() { ["offset"] = offset, ["value"] = value });

    public ulong Peek(int offset) => Do("peek", new() { ["offset"] = offset })["value"]!.GetValue<ulong>();

    public void Receive(ulong workRequest, int offset, int length, int count = 1) =>
        Do("receive", new() { ["wr"] = workRequest, ["offset"] = offset, ["length"] = length, ["count"] = count });

    /// <summary>Posts a signalled work request; <paramref name="more"/> carries the fields of its opcode.</summary>
    public void Post(ulong workRequest, string opcode, int offset, int length, JsonObject? more = null)
    {
        var request = new JsonObject { ["wr"] = workRequest, ["op"] = opcode, ["offset"] = offset, ["length"] = length };
        foreach (var (name, value) in more ?? []) request[name] = value?.DeepClone();
        Do("post", request);
    }

    /// <summary>Posts the binding of a type 2 window over part of the buffer; the remote key of the window.</summary>
    public uint Bind(ulong workRequest, int offset, int length, params string[] access) => Do("bind", new()
    {
        ["wr"] = workRequest, ["offset"] = offset, ["length"] = length, ["access"] = Names(access),
    })["rkey"]!.GetValue<uint>();

    public IReadOnlyList<GuestCompletion> Poll(int count) =>
        [.. Do("poll", new() { ["count"] = count })["completions"]!.AsArray().Select(c =>
        new GuestCompletion(c!["wr"]!.GetValue<ulong>(), c["status"]!.GetValue<string>(), c["length"]!.GetValue<uint>(),
            c["immediate"]?.GetValue<uint>(), c["invalidated"]?.GetValue<uint>()))];

    /// <summary>The number of the state the queue pair is in (6: error).</summary>
    public int State() => Do("state", [])["state"]!.GetValue<int>();

    public GuestCounters Counters() =>
        new(Do("counters", [])["counters"]!.AsObject().ToDictionary(c => c.Key, c => c.Value!.GetValue<long>()));

    /// <summary>Whether a program in the guest listens on the TCP port.</summary>
    public bool Listening(int port) => Do("listening", new() { ["port"] = port })["listening"]!.GetValue<bool>();

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private JsonObject Do(string name, JsonObject request)
    {
        request["do"] = name;
        _requests.Write(Encoding.ASCII.GetBytes(request.ToJsonString() + "\n"));
        var answer = JsonNode.Parse(_answers.ReadLine() ?? throw new IOException($"the guest's program ended during {name}"))!.AsObject();
        return answer["ok"]!.GetValue<bool>() ? answer : throw new InvalidOperationException($"guest: {answer["error"]}");
    }

    private static JsonArray Names(string[] names) => [.. names.Select(n => JsonValue.Create(n))];

    private static string Text(IPAddress gid) =>
        string.Join(':', gid.MapToIPv6().GetAddressBytes().Chunk(2).Select(pair => $"{pair[0]:x2}{pair[1]:x2}"));
}
