package io.virtdataplane.nat;

import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Which inbound ports reach the guest: those listed, or all where no list is given. */
public final class OpenPorts {
    private final BitSet tcp = new BitSet();
    private final BitSet udp = new BitSet();
    private final BitSet sctp = new BitSet();
    private final boolean all;

    private OpenPorts(boolean all) {
        this.all = all;
    }

    public static OpenPorts all() {
        return new OpenPorts(true);
    }

    /** None yet; see {@link #add}. */
    public static OpenPorts listed() {
        return new OpenPorts(false);
    }

    /** Of TCP, UDP or SCTP. */
    public OpenPorts add(int protocol, int port) {
        set(protocol).set(port);
        return this;
    }

    public boolean isAll() {
        return all;
    }

    /** Protocols other than TCP, UDP and SCTP are open only where all are. */
    public boolean contains(int protocol, int port) {
        return all
                || (protocol == Protocols.TCP
                                || protocol == Protocols.UDP
                                || protocol == Protocols.SCTP)
                        && set(protocol).get(port);
    }

    /** Those of the protocol that are listed. */
    IntStream listed(int protocol) {
        return set(protocol).stream();
    }

    /** Any port beside TCP's and UDP's is open. */
    boolean hasOthers() {
        return all || !sctp.isEmpty();
    }

    /** "TCP/80", in order; empty where all are open. */
    public List<String> text() {
        List<String> ports = new ArrayList<>();
        tcp.stream().forEach(port -> ports.add("TCP/" + port));
        udp.stream().forEach(port -> ports.add("UDP/" + port));
        sctp.stream().forEach(port -> ports.add("SCTP/" + port));
        return ports;
    }

    private BitSet set(int protocol) {
        return switch (protocol) {
            case Protocols.TCP -> tcp;
            case Protocols.UDP -> udp;
            case Protocols.SCTP -> sctp;
            default ->
                    throw new IllegalArgumentException(
                            "protocol must be TCP, UDP or SCTP: protocol=" + protocol);
        };
    }
}
