package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.dataplane.VifState;

/** A guest's NIC, of whichever family. */
public interface AttachedNic extends Attachment, AutoCloseable {
    String machine();

    /** The machine's, or empty where its manifest names none. */
    String namespace();

    /** The machine's first NIC, which answers to the machine's name where it has several. */
    boolean isOnPodNetwork();

    /** What an event says of it: "bridge=br1 network=default/net1". */
    String describe();

    /**
     * What is kept for the next run, so that the NIC comes back as it is.
     *
     * @param request that it was attached by
     */
    default AttachRequest kept(AttachRequest request) {
        return request;
    }

    /**
     * Looks at its devices in their namespace, and follows what can be followed under traffic.
     *
     * @return what is not as it was opened, so that the NIC is to be opened anew; empty: nothing
     */
    default String changed() {
        return "";
    }

    /** Where its guest is. Any thread. */
    default VifState state() {
        return vif().state();
    }

    /** Its guest is there, from the next frame on. */
    default void state(VifState to) {
        ask(
                on -> {
                    vif().state(to);
                    return null;
                });
    }

    /** Tells the network, or the guest, where it is, once; what it told, in words. */
    String announce();

    /** Ends it for this run; the next one is to notice as little as can be. As {@link #close}. */
    default void leave() {
        close();
    }

    /**
     * Ends it and gives back all that was opened. Where the packet thread does not let go of it, it
     * throws, and it is attached still.
     */
    @Override
    void close();
}
