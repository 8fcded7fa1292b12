package io.virtdataplane.dataplane;

/**
 * What a traced frame met on its way. The words are a format for the step's two numbers, and third
 * for what else it says.
 */
public enum Step {
    FROM_GUEST("received from the guest, %d bytes"),
    FROM_UPLINK("received from the uplink, %d bytes"),
    GUARD_PASSED("guard: source MAC and address are the guest's"),
    NO_RESPONDER("responders: not a query to the gateway"),
    FRAGMENT("fragment at offset %d of datagram %d"),
    SESSION_FOUND("session found: inside port %d, outside port %d"),
    CARRIED("fast path: the kernel carries such frames of this session while nobody looks"),
    SESSION_OPENED("session opened: inside port %d, outside port %d"),
    SESSION_WOULD_OPEN("would open a session: inside port %d, outside port %d"),
    NO_SESSION("no session has this flow: port %d, protocol %d"),
    PORT_OPEN("port %d is open inbound"),
    MAPPING_OPEN("filtering: port %d has a mapping, and anybody may use it"),
    PORT_NOT_OPEN("port %d is not open inbound"),
    HAIRPIN("addressed to the pod itself: comes back to the guest"),
    ABOUT_SESSION("ICMP error about a session: inside port %d, outside port %d"),
    TRANSLATED_SOURCE("source becomes the pod's address, port %d"),
    TRANSLATED_DESTINATION("destination becomes the guest's address, port %d"),
    TO_SERVICE("to Service %3$s"),
    SERVICE_SHUT("Service %3$s"),
    FROM_SERVICE("from an endpoint of Service %3$s: source becomes the Service's address"),
    FROM_POD("from a process of the pod: to the guest it comes from the gateway"),
    TO_POD("for a process of the pod: goes back over its loopback device"),
    POD_PORT_MOVED("the pod's port %d is the guest's for this remote endpoint: leaves by port %d"),
    MSS_CLAMPED("TCP maximum segment size %d becomes %d"),
    SPLIT("longer than the MTU of %d: is cut into fragments"),
    REPLIED("an ICMP error or a reset goes back to the sender"),
    IN_VLAN("bridge: in VLAN %d, from port %d"),
    STATION_FOUND("bridge: VLAN %d has the station on port %d"),
    STATION_UNKNOWN("bridge: VLAN %d does not know the station"),
    FLOODED("bridge: flooded to %d ports of VLAN %d"),
    TO_GROUP("bridge: to %d ports of VLAN %d that have joined the group"),
    SENT("sent to port %d, %d bytes");

    private final String words;

    Step(String words) {
        this.words = words;
    }

    String describe(long first, long second, String said) {
        return String.format(words, first, second, said);
    }
}
