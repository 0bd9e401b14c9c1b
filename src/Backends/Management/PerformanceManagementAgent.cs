using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Management;

/// <summary>
/// The performance management agent of a port: answers on queue pair 1 of any link what the port has counted (R-BE-53). Get and Set of
/// PortCounters, Get of ClassPortInfo; a Set gives the selected counters a new value from which they go on. What it counts from is its own:
/// no statistics elsewhere change.
/// </summary>
/// <param name="counters">What the port counts.</param>
public sealed class PerformanceManagementAgent(BackendCounters counters) : IManagementAgent
{
    private const byte ClassVersion = 1;
    private const ushort ClassPortInfoAttribute = 0x01;
    private const ushort PortCountersAttribute = 0x12;
    private const int DataOffset = 64;
    private const byte ThePort = 1;
    private const byte AllPorts = 0xFF;

    // A response within 4.096 µs times 2 to the power of this.
    private const byte ResponseTime = 18;

    private readonly long[] _origins = new long[PortCounters.Count];

    /// <inheritdoc/>
    public bool Takes(uint queuePair, ReadOnlySpan<byte> request, bool isAlone) =>
        queuePair == 1 && MadHeader.TryParse(request, out var header)
        && header.ManagementClass == ManagementClass.Performance && header.IsRequest;

    /// <inheritdoc/>
    public void Process(IManagedPort port, ReadOnlySpan<byte> request, Span<byte> response)
    {
        ArgumentNullException.ThrowIfNull(port);
        request.CopyTo(response);
        if (!MadHeader.TryParse(request, out var header))
            throw new ArgumentException($"A datagram of {request.Length} bytes is none of this agent's.", nameof(request));
        var status = header.ClassVersion == ClassVersion ? Execute(port, header, response[DataOffset..]) : MadStatus.BadVersion;
        header.Answer(status).Write(response);
    }

    private MadStatus Execute(IManagedPort port, in MadHeader header, Span<byte> data)
    {
        switch (header.Attribute, header.Method)
        {
            case (ClassPortInfoAttribute, ManagementMethod.Get):
                data.Clear();
                (data[0], data[1]) = (MadHeader.Version, ClassVersion);
                data[7] = ResponseTime;
                return MadStatus.Success;
            case (PortCountersAttribute, _):
                return Count(port, header.Method == ManagementMethod.Set, data);
            default:
                return MadStatus.UnsupportedAttribute;
        }
    }

    private MadStatus Count(IManagedPort port, bool change, Span<byte> data)
    {
        if (data[1] is not (ThePort or AllPorts))
            return MadStatus.InvalidValue;
        Span<long> totals = stackalloc long[PortCounters.Count];
        PortCounters.Read(counters, port, totals);
        var selected = change ? BinaryPrimitives.ReadUInt16BigEndian(data[2..]) : 0;
        for (var i = 0; i < totals.Length; i++)
        {
            if ((selected & (1 << i)) != 0)
                _origins[i] = totals[i] - PortCounters.Field(data, i);
            totals[i] -= _origins[i];
        }

        PortCounters.Write(totals, data);
        return MadStatus.Success;
    }
}
