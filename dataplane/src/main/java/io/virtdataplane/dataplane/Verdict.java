package io.virtdataplane.dataplane;

import java.util.Locale;

/**
 * What became of a frame. Each way to lose one has a name, a counter per NIC, and the words an
 * operator sees.
 */
public enum Verdict {
    CONTINUE("not decided yet"),
    FORWARDED("sent on"),
    FLOODED("bridge: sent to all ports of its VLAN"),
    MULTICAST("bridge: sent to the ports that have joined its group"),
    ANSWERED("answered by the gateway"),
    HANDED_TO_POD("left to the pod's own kernel"),
    SENT_FOR_POD("sent on for the pod's own kernel, which uses a port of a guest's session"),
    SENT_TO_MESH("a connection of the guest that the pod's service mesh is to have"),
    PAST_MESH("from the guest, and left alone by the mesh's rules: sent on"),
    REJECTED("refused with a reset or port unreachable, as a host refuses a closed port"),
    HAIRPINNED("sent back to the guest, which asked for its own pod's address"),
    HELD("a fragment that waits for the first one of its datagram"),
    QUEUED("waits for its turn, as the guest has sent more than its limit lets through at once"),
    DROP_MALFORMED("a header is truncated or contradicts itself"),
    DROP_VLAN_TAG("802.1Q tag on a NIC without VLANs"),
    DROP_ETHERTYPE("neither IPv4, IPv6 nor ARP, or a family that the pod has not"),
    DROP_SPOOFED_MAC("guest sent from a MAC address that is not its own"),
    DROP_SPOOFED_ADDRESS("guest sent from an address that is not its own"),
    DROP_MARTIAN("to or from a loopback, multicast, broadcast, link-local or reserved address"),
    DROP_OWN_SUBNET("from outside with an address of the guest's subnet, or to one nobody has"),
    DROP_EXTENSION_HEADER("IPv6 source route, or extension headers too many or out of place"),
    DROP_UNTAGGED("bridge: untagged, on a port without a VLAN for such frames"),
    DROP_VLAN("bridge: in a VLAN that is not the port's"),
    DROP_RESERVED_GROUP("bridge: to a reserved group, 01:80:C2:00:00:0x, that it does not forward"),
    DROP_SPOOFED_ARP("bridge: ARP sender that is not the port's station"),
    DROP_SPOOFED_ND("bridge: link-layer address in Neighbor Discovery that is not the station's"),
    DROP_SPOOFED_DHCP("bridge: DHCP for another station, or a server's message from a guest"),
    DROP_LOCKED("bridge: station unknown on a locked port"),
    DROP_ISOLATED("bridge: between two isolated ports"),
    DROP_SAME_PORT("bridge: to a station behind the port it came from"),
    DROP_NO_PORT("bridge: there is no other port that takes such frames"),
    DROP_NO_MEMBER("bridge: no port has joined its group"),
    DROP_STORM_BROADCAST("bridge: more broadcasts in a second than the port's storm control lets"),
    DROP_STORM_MULTICAST(
            "bridge: more to groups in a second, to all ports, than its storm control lets"),
    DROP_STORM_UNKNOWN_UNICAST(
            "bridge: more to unknown stations in a second than the port's storm control lets"),
    DROP_STORM_STATIONS(
            "bridge: more new or moved stations in a second than the port's storm control lets"),
    DROP_UNANSWERED("a query to the gateway that it does not answer"),
    DROP_RATE_LIMITED("more queries to the gateway than it answers in a second"),
    DROP_HAIRPIN("guest sent to a port of its own pod's address that is not open"),
    DROP_SERVICE_NO_ENDPOINT("to a Service that has no endpoint; refused as a closed port is"),
    DROP_SERVICE_NOT_LOCAL("to a Service of which only endpoints on this node may answer: none is"),
    DROP_SERVICE_PORT("to a port that its Service does not have; refused as a closed port is"),
    DROP_SERVICE_SOURCE(
            "to a Service's load balancer address, whose source ranges leave the pod out"),
    DROP_TTL_EXPIRED("time to live or hop limit is used up"),
    DROP_TOO_BIG("longer than the other side's MTU, and not to be fragmented"),
    DROP_FRAGMENT(
            "a fragment without the headers that are to be read, or of what may not be in fragments"),
    DROP_FRAGMENT_OVERLAP("fragment that overlaps another of its datagram"),
    DROP_FRAGMENT_LIMIT("more fragments wait for their first one than the NIC may hold"),
    DROP_FRAGMENT_TIMEOUT("fragment whose first one did not come in time"),
    DROP_PROTOCOL("IP protocol that cannot be translated, or not by policy"),
    DROP_ICMP_TYPE("ICMP message that has no translation"),
    DROP_NO_SESSION("belongs to no session and opens none"),
    DROP_RESERVED_PORT("inbound port 49152 or 49153, reserved for libvirt"),
    DROP_UNLISTED_PORT("inbound port is not in the list, policy drop"),
    DROP_SESSION_LIMIT("the NIC's session limit is reached"),
    DROP_SESSION_RATE("more new sessions in a second than the NIC may open"),
    DROP_PORTS_EXHAUSTED("no outside port is left for this destination"),
    DROP_GUEST_UNKNOWN("the guest's MAC address is not known yet"),
    DROP_DRAINED("of a guest that was drained: it has moved to another node, or is about to"),
    DROP_EGRESS_RATE("more than the guest may send: its limit of bits or packets a second"),
    DROP_INGRESS_RATE("more than the guest may get: its limit of bits or packets a second"),
    DROP_INGRESS_FULL("came faster than the packet thread takes frames: its queue was full"),
    DROP_EGRESS_FULL("the egress device had no room"),
    DROP_EGRESS_DOWN("the egress device is down or gone"),
    DROP_FAULT("a bug of ours, contained; see events");

    private static final Verdict[] VALUES = values();
    private final String words;

    Verdict(String words) {
        this.words = words;
    }

    public static int count() {
        return VALUES.length;
    }

    public static Verdict of(int ordinal) {
        return VALUES[ordinal];
    }

    public boolean isDrop() {
        return ordinal() >= DROP_MALFORMED.ordinal();
    }

    /** As counters and metrics name it: {@code drop_martian}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String words() {
        return words;
    }
}
