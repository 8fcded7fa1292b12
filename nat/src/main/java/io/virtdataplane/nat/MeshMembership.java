package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;

/**
 * Which frames without a session the pod's kernel has, since the guest is in a service mesh or was
 * in one: a connection that the proxy has stays with it. Worker's thread.
 */
final class MeshMembership {
    private final PodPorts podPorts;
    private MeshPolicy policy;
    private boolean was;

    MeshMembership(MeshPolicy policy, PodPorts podPorts) {
        this.podPorts = podPorts;
        this.policy = policy;
    }

    /** From now on. */
    void change(MeshPolicy newPolicy) {
        policy = newPolicy;
        was |= policy.isOn();
        if (was) {
            podPorts.meshSources(policy.directSources());
            podPorts.mesh(policy.kind().ordinal(), policy.bits());
        }
    }

    /** An earlier run was in one. */
    void was() {
        was = true;
        change(policy);
    }

    /** The pod's kernel may have connections of the guest. */
    boolean hasConnections() {
        return was;
    }

    /** A connection that the guest opens, or one from before it left its mesh. */
    boolean hasOutward(Frame frame) {
        return was
                && frame.protocol == Protocols.TCP
                && !policy.directOutward().get(frame.remotePort)
                && !policy.isDirectSource(frame.srcHigh, frame.srcLow)
                && (policy.isOn() || !opens(frame));
    }

    /**
     * What opens no connection, and is of none of the guest's, is of one that the pod's kernel has:
     * the programs forget those that were silent while many others were not.
     *
     * @param origin as {@link SessionTable#origin}
     */
    boolean hasInward(Frame frame, int origin) {
        return policy.isOn()
                && frame.protocol == Protocols.TCP
                && (policy.isReserved(frame.localPort) || origin == Loopback.NONE && !opens(frame));
    }

    private static boolean opens(Frame frame) {
        return (Tcp.flags(frame.data, frame.l4) & (Tcp.SYN | Tcp.ACK)) == Tcp.SYN;
    }
}
