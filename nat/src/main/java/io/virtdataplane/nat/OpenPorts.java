package io.virtdataplane.nat;

import java.util.BitSet;

/** Which inbound ports reach the guest: those listed, or all where no list is given. */
public final class OpenPorts {
    private static final int TCP = 6;
    private final BitSet tcp = new BitSet();
    private final BitSet udp = new BitSet();
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

    public OpenPorts add(int protocol, int port) {
        set(protocol).set(port);
        return this;
    }

    public boolean isAll() {
        return all;
    }

    public boolean contains(int protocol, int port) {
        return all || set(protocol).get(port);
    }

    private BitSet set(int protocol) {
        return protocol == TCP ? tcp : udp;
    }
}
