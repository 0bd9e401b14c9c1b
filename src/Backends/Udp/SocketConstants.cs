namespace RdmaPipeline.Backends.Udp;

/// <summary>Linux socket numbers that System.Net.Sockets has no names for.</summary>
internal static class SocketConstants
{
    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;
    public const int Datagram = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const int LevelSocket = 1;
    public const int LevelIPv4 = 0;
    public const int LevelIPv6 = 41;
    public const int LevelUdp = 17;

    public const int ReuseAddress = 2;
    public const int SendBuffer = 7;
    public const int ReceiveBuffer = 8;
    public const int ReceiveQueueOverflow = 40;

    public const int Ipv4TypeOfService = 1;
    public const int Ipv4TimeToLive = 2;
    public const int Ipv4PacketInfo = 8;
    public const int Ipv4MtuDiscover = 10;
    public const int Ipv4ReceiveTimeToLive = 12;
    public const int Ipv4ReceiveTypeOfService = 13;

    public const int Ipv4MulticastInterface = 32;
    public const int Ipv4MulticastTimeToLive = 33;
    public const int Ipv4AddMembership = 35;
    public const int Ipv4MulticastAll = 49;

    public const int Ipv6FlowInfo = 11;
    public const int Ipv6MulticastInterface = 17;
    public const int Ipv6MulticastHops = 18;
    public const int Ipv6JoinGroup = 20;
    public const int Ipv6MtuDiscover = 23;
    public const int Ipv6Only = 26;
    public const int Ipv6MulticastAll = 29;
    public const int Ipv6ReceivePacketInfo = 49;
    public const int Ipv6PacketInfo = 50;
    public const int Ipv6ReceiveHopLimit = 51;
    public const int Ipv6HopLimit = 52;
    public const int Ipv6ReceiveTrafficClass = 66;
    public const int Ipv6TrafficClass = 67;
    public const int Ipv6AutoFlowLabel = 70;

    /// <summary>Path-MTU discovery "do": never fragment, and an unconnected socket sends Identification 0 (R-BE-30 option B).</summary>
    public const int MtuDiscoverDo = 2;

    public const int UdpNoCheck6Receive = 102;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;
}
