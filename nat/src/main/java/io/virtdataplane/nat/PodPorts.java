package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd;
import java.util.List;

/**
 * The pod's addresses as the guest and the pod's own kernel share them; the packet path's way to
 * the device that steers. Addresses are as {@link io.virtdataplane.wire.Ip} holds them.
 */
public interface PodPorts {
    /** What comes to the port is ours, whatever it is: it is open, or we refuse it. */
    int OURS = 1;

    /** A session of the guest has the port. Alone: the pod may listen there too. */
    int IN_SESSION = 2;

    /** The guest has the port open, to the pod's own processes, too. */
    int OPEN = 4;

    /**
     * What the guest opens from this number cannot have the same number outside: it is mapped to
     * another, or another of its ports is mapped to this one. The kernel opens none from it.
     */
    int ELSEWHERE = 8;

    /** No other port. */
    int NOT_MOVED = -1;

    /**
     * Who has what comes to a TCP or UDP port, or to an ICMP identifier, unless it belongs to one
     * of the pod's own flows.
     *
     * @param bits of the above; none of the first three: it is the pod's kernel's
     */
    void steer(boolean ipv6, int protocol, int port, int bits);

    /** The same of all ports, or identifiers, of a protocol. */
    default void steerAll(boolean ipv6, int protocol, byte[] bits) {
        for (int port = 0; port < bits.length; port++) {
            steer(ipv6, protocol, port, bits[port]);
        }
    }

    /**
     * Which of the guest's TCP the pod's service mesh has.
     *
     * @param kind ordinal of {@link MeshPolicy.Kind}
     * @param bits of each port: {@link MeshPolicy#DIRECT}, {@link MeshPolicy#RESERVED} or none
     */
    default void mesh(int kind, byte[] bits) {}

    /** Whose connections from outside are the guest's all the same; told before {@link #mesh}. */
    default void meshSources(List<FrontEnd.Range> sources) {}

    /** Ping requests. */
    void steerPing(boolean ipv6, boolean toUs);

    /** All protocols but TCP, UDP and ICMP. */
    void steerOthers(boolean ipv6, boolean toUs);

    /** The pod's kernel uses this flow itself. */
    boolean isPodFlow(int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort);

    /** The port that a flow of the pod's kernel is seen under, or {@link #NOT_MOVED}. */
    int movedPort(int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort);

    /** From now on the pod's kernel has this flow by its own port. */
    void keepPodFlow(int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort);

    /** From now on it is seen under the port {@code to}, both ways. */
    void movePodFlow(
            int protocol, int localPort, long remoteHigh, long remoteLow, int remotePort, int to);
}
