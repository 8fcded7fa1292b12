package io.virtdataplane.nat;

/**
 * The pod's address as the guest and the pod's own kernel share it; the packet path's way to the
 * device that steers.
 */
public interface PodPorts {
    /**
     * Packets to this TCP or UDP port, or with this ICMP identifier, come to us, unless they belong
     * to the pod's own flows.
     */
    void steer(int protocol, int port, boolean toUs);

    /** Ping requests and protocols without ports come to us. */
    void steerPortless(boolean toUs);

    /** The pod's kernel uses this flow itself. Addresses in network order. */
    boolean isPodFlow(int protocol, int localPort, int remoteAddress, int remotePort);
}
