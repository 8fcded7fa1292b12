package io.virtdataplane.nat;

/**
 * The pod's addresses as the guest and the pod's own kernel share them; the packet path's way to
 * the device that steers. Addresses are as {@link io.virtdataplane.wire.Ip} holds them.
 */
public interface PodPorts {
    /** Who has what comes to a port. */
    enum Owner {
        /** The pod's kernel. */
        POD,
        /** We, whatever it is: an open port, or one that we refuse. */
        NAT,
        /** We, since a session of the guest has the port; the pod may listen there too. */
        SESSION
    }

    /** Of TCP and UDP ports, and of ICMP identifiers, unless they belong to the pod's own flows. */
    void steer(boolean ipv6, int protocol, int port, Owner owner);

    /** Ping requests. */
    void steerPing(boolean ipv6, boolean toUs);

    /** All protocols but TCP, UDP and ICMP. */
    void steerOthers(boolean ipv6, boolean toUs);

    /** The pod's kernel uses this flow itself. */
    boolean isPodFlow(int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort);
}
