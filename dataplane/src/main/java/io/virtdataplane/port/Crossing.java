package io.virtdataplane.port;

import io.virtdataplane.sys.Links;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import java.security.SecureRandom;

/**
 * A veth from this namespace to another one, with the same name at both ends: programs send frames
 * from the one to the other by it, past its queues ({@code bpf_redirect_peer}). It has to be taken
 * away; one that a killed process has left goes as the next is made.
 */
final class Crossing implements AutoCloseable {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long LOCAL = 0x0200_0000_0000L; // IEEE 802: locally administered
    private static final long NUMBER = 0xffff_ffffL;
    private final String name;

    private Crossing(String name) {
        this.name = name;
    }

    static Crossing make(String name, Netns far, int mtu) {
        Links.delete(name);
        far.call(() -> Links.delete(name));
        Links.addVeth(end(name), end(name), mtu, far);
        Crossing made = new Crossing(name);
        try {
            made.raise();
            far.call(
                    () -> {
                        made.raise();
                        return null;
                    });
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private static Links.End end(String name) {
        return new Links.End(name, LOCAL | RANDOM.nextLong() & NUMBER);
    }

    private void raise() {
        device().disableIpv6();
        device().up();
    }

    /** Of the namespace that it is asked in. */
    NetDevice device() {
        return new NetDevice(name);
    }

    /** Its other end, too. */
    @Override
    public void close() {
        Links.delete(name);
    }
}
