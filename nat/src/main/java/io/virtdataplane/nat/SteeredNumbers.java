package io.virtdataplane.nat;

import io.virtdataplane.wire.Protocols;

/**
 * Which numbers of the pod's address are ours, by the policy and by the sessions that have them:
 * ports, and identifiers of ICMP queries. Tells {@link PodPorts} whenever that changes. Worker's
 * thread.
 */
final class SteeredNumbers {
    private final PodPorts podPorts;
    private final OutsidePool pool;
    private final int[] othersByFamily = new int[2];
    private NatPolicy.Ports ports;

    SteeredNumbers(PodPorts podPorts, OutsidePool pool, NatPolicy.Ports ports) {
        this.podPorts = podPorts;
        this.pool = pool;
        this.ports = ports;
    }

    /** From the next {@link #steerAll} on. */
    void ports(NatPolicy.Ports newPorts) {
        ports = newPorts;
    }

    /** A session takes these ports; true when it uses the inside port's mapping. */
    boolean take(boolean ipv6, int protocol, int inside, int outside) {
        boolean usesMapping = pool.take(ipv6, protocol, inside, outside);
        steer(ipv6, protocol, inside, outside, 1);
        return usesMapping;
    }

    /** A session that is no more has had them. */
    void giveBack(boolean ipv6, int protocol, int inside, int outside, boolean usedMapping) {
        pool.giveBack(ipv6, protocol, inside, outside, usedMapping);
        steer(ipv6, protocol, inside, outside, -1);
    }

    private void steer(boolean ipv6, int protocol, int inside, int outside, int change) {
        if (!Transport.isSteeredByPort(protocol)) {
            steerOthers(ipv6, change);
            return;
        }
        steer(ipv6, protocol, outside);
        if (inside != outside) {
            steer(ipv6, protocol, inside); // what is mapped elsewhere, or no longer
        }
    }

    /** Of one number, as it is now. */
    void steer(boolean ipv6, int protocol, int port) {
        podPorts.steer(ipv6, protocol, port, owner(ipv6, protocol, port));
    }

    private void steerOthers(boolean ipv6, int change) {
        int family = ipv6 ? 1 : 0;
        othersByFamily[family] += change;
        boolean toUs = othersByFamily[family] > 0 || othersAreOurs();
        podPorts.steerOthers(ipv6, toUs);
    }

    private boolean othersAreOurs() {
        return ports.open().hasOthers() || ports.unlisted() != UnlistedPolicy.POD;
    }

    /** {@link PodPorts}' bits. */
    private int owner(boolean ipv6, int protocol, int port) {
        int session = pool.bits(ipv6, protocol, port);
        if (Transport.isIcmp(protocol)) {
            return session;
        }
        return session
                | (ports.isOurs(protocol, port) ? PodPorts.OURS : 0)
                | (ports.isOpen(protocol, port) ? PodPorts.OPEN : 0);
    }

    /**
     * Steers what must come to us even without a session: open ports, ports we refuse, all ports
     * where the policy is ours. At the start, and after a change of policy.
     *
     * @param areSessions there are any
     */
    void steerAll(boolean ipv6, boolean areSessions) {
        int icmp = ipv6 ? Protocols.ICMPV6 : Protocols.ICMP;
        for (int protocol : new int[] {Protocols.TCP, Protocols.UDP, icmp}) {
            boolean isIcmp = protocol == icmp;
            byte[] bits = isIcmp ? new byte[OutsidePool.PORTS] : ports.bits(protocol);
            if (areSessions) {
                pool.addSessions(ipv6, protocol, bits);
            }
            podPorts.steerAll(ipv6, protocol, bits);
        }
        podPorts.steerPing(ipv6, ports.open().isAll());
        steerOthers(ipv6, 0);
    }
}
