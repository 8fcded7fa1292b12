package io.virtdataplane.dataplane;

/** What the packet thread reports; its two values are said here. */
public enum EventKind {
    /** A lease was given. Values: IPv4 address, MAC address. */
    LEASE,
    /** The guest says that another has its address. Values: IPv4 address, MAC address. */
    DECLINED,
    /** A DHCP client takes too short a message for all. Values: option's code, MAC address. */
    OPTION_CUT,
    /** A lease of the guest's IPv6 address was given. Values: 0, MAC address. */
    LEASE6,
    /** The guest's MAC address was learned. Values: MAC address, 0. */
    ADDRESS_SEEN,
    /** The first frame with this drop verdict on the NIC. Values: verdict's ordinal, 0. */
    FIRST_DROP,
    /** Another station uses a guest's MAC address. Values: MAC address, number of its port. */
    SAME_MAC,
    /** A fault was contained. Values: its number in the worker's list of faults, 0. */
    FAULT;

    private static final EventKind[] VALUES = values();

    static EventKind of(int ordinal) {
        return VALUES[ordinal];
    }
}
