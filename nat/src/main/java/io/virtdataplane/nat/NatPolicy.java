package io.virtdataplane.nat;

import java.util.Arrays;

/** What the NAT of one NIC does; it can be changed while traffic flows. */
public record NatPolicy(
        Ports ports, Behaviour behaviour, Limits limits, Timeouts timeouts, MeshPolicy mesh) {
    /** What the OpenShift documentation promises, with the RFCs' recommendations. */
    public static final NatPolicy DEFAULT =
            new NatPolicy(
                    new Ports(OpenPorts.all(), UnlistedPolicy.POD, true),
                    Behaviour.DEFAULT,
                    Limits.DEFAULT,
                    Timeouts.DEFAULT,
                    MeshPolicy.NONE);

    /**
     * Inbound traffic without a session.
     *
     * @param dropReserved 49152 and 49153 are dropped, as the OpenShift documentation says
     */
    public record Ports(OpenPorts open, UnlistedPolicy unlisted, boolean dropReserved) {
        private static final int FIRST_RESERVED = 49152; // libvirt's direct migration port
        private static final int LAST_RESERVED = 49153; // and its block migration port

        boolean isReserved(int port) {
            return dropReserved && port >= FIRST_RESERVED && port <= LAST_RESERVED;
        }

        boolean isOpen(int protocol, int port) {
            return open.contains(protocol, port) && !isReserved(port);
        }

        /**
         * Both of the above of all ports of TCP or UDP, as {@link PodPorts}' bits: a NIC is opened
         * some 10 ms sooner than by asking for each.
         */
        byte[] bits(int protocol) {
            boolean areOurs = unlisted != UnlistedPolicy.POD || open.isAll();
            byte[] bits = new byte[OutsidePool.PORTS];
            int usual = (areOurs ? PodPorts.OURS : 0) | (open.isAll() ? PodPorts.OPEN : 0);
            Arrays.fill(bits, (byte) usual);
            open.listed(protocol)
                    .forEach(port -> bits[port] = (byte) (PodPorts.OURS | PodPorts.OPEN));
            for (int port = FIRST_RESERVED; port <= LAST_RESERVED; port++) {
                bits[port] = isReserved(port) ? PodPorts.OURS : bits[port];
            }
            return bits;
        }

        /** Comes to us whether or not a session has it. */
        boolean isOurs(int protocol, int port) {
            return unlisted != UnlistedPolicy.POD
                    || open.contains(protocol, port)
                    || isReserved(port);
        }
    }

    /**
     * The choices that RFC 4787 names.
     *
     * @param maxSegmentSize TCP's MSS is clamped to it; 0: to what both MTUs allow
     * @param midstream what becomes of the guest's TCP segments that open nothing and have no
     *     session
     */
    public record Behaviour(
            Mapping mapping,
            Filtering filtering,
            Refresh refresh,
            OtherProtocols otherProtocols,
            LinkLocal linkLocal,
            int maxSegmentSize,
            Midstream midstream) {
        public static final Behaviour DEFAULT =
                new Behaviour(
                        Mapping.ENDPOINT_INDEPENDENT,
                        Filtering.ADDRESS_AND_PORT_DEPENDENT,
                        Refresh.BOTH,
                        OtherProtocols.TRANSLATE,
                        LinkLocal.PASS,
                        0,
                        Midstream.OPEN);

        boolean translates(int protocol) {
            return Transport.hasPorts(protocol) || otherProtocols == OtherProtocols.TRANSLATE;
        }
    }

    /** RFC 4787 4.1: whether one inside port has the same outside port for all remote endpoints. */
    public enum Mapping {
        ENDPOINT_INDEPENDENT,
        ADDRESS_AND_PORT_DEPENDENT
    }

    /** RFC 4787 5: from where a mapped port may be reached. */
    public enum Filtering {
        ENDPOINT_INDEPENDENT,
        ADDRESS_AND_PORT_DEPENDENT
    }

    /** RFC 4787 REQ-6: whose frames keep a session alive. */
    public enum Refresh {
        BOTH,
        /** The guest's only. */
        OUTBOUND
    }

    /** GRE, ESP and others without ports. */
    public enum OtherProtocols {
        /** By address pair. */
        TRANSLATE,
        DROP
    }

    /** A TCP segment in the middle of a connection that has no session. */
    public enum Midstream {
        /** It has one from now on: the connection may be from before a restart. */
        OPEN,
        /** It is reset: the guest has come from a node where it had another pod's address. */
        RESET
    }

    /** IPv4 link-local addresses outside, 169.254.0.0/16: metadata services, node-local DNS. */
    public enum LinkLocal {
        /** As the pod's kernel routes them. */
        PASS,
        /** But for name servers. */
        DROP
    }

    /**
     * What one NIC may use up.
     *
     * @param sessions at a time
     * @param sessionsPerSecond new ones, and a burst as large; 0: no limit
     * @param fragments datagrams in fragments, and fragments that wait, at a time and direction
     */
    public record Limits(int sessions, int sessionsPerSecond, int fragments) {
        public static final int MAX_FRAGMENTS = 1024;
        public static final Limits DEFAULT = new Limits(65_536, 0, 256);
    }

    /** The same, but that nobody is told that a port is closed: connections to it may be moving. */
    public NatPolicy silent() {
        return with(new Ports(ports.open, UnlistedPolicy.DROP, ports.dropReserved));
    }

    public NatPolicy with(Ports newPorts) {
        return new NatPolicy(newPorts, behaviour, limits, timeouts, mesh);
    }

    public NatPolicy with(Behaviour newBehaviour) {
        return new NatPolicy(ports, newBehaviour, limits, timeouts, mesh);
    }

    public NatPolicy with(Limits newLimits) {
        return new NatPolicy(ports, behaviour, newLimits, timeouts, mesh);
    }

    public NatPolicy with(Timeouts newTimeouts) {
        return new NatPolicy(ports, behaviour, limits, newTimeouts, mesh);
    }

    public NatPolicy with(MeshPolicy newMesh) {
        return new NatPolicy(ports, behaviour, limits, timeouts, newMesh);
    }
}
