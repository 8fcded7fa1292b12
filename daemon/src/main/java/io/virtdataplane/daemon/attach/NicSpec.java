package io.virtdataplane.daemon.attach;

/** A NIC that is asked for: checked, and nothing touched yet. */
public interface NicSpec {
    /** MACHINE/INTERFACE. */
    String name();

    /**
     * Made whole or not at all.
     *
     * @param number its ports are twice it and the one after
     */
    AttachedNic open(int number);
}
