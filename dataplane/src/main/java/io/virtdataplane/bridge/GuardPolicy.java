package io.virtdataplane.bridge;

/**
 * What a port's guard checks of what its station sends.
 *
 * @param mac the station's address; 0: any
 */
public record GuardPolicy(long mac, Level level) {
    /** Each checks what the one before it does, and more. */
    public enum Level {
        OFF,
        /** The Ethernet source: what {@code macspoofchk} asks for. */
        SOURCE_MAC,
        /**
         * Also the addresses inside ARP, Neighbor Discovery and DHCP, and the IPv4 source once DHCP
         * has given one.
         */
        STRICT
    }

    /** An uplink: other stations are behind it. */
    public static final GuardPolicy NONE = off(0);

    /** A guest's that may send as it likes. */
    public static GuardPolicy off(long mac) {
        return new GuardPolicy(mac, Level.OFF);
    }

    /** The guest's own address only, as the plugin's {@code macspoofchk} has it. */
    public static GuardPolicy sourceMac(long mac) {
        return new GuardPolicy(mac, Level.SOURCE_MAC);
    }

    public static GuardPolicy strict(long mac) {
        return new GuardPolicy(mac, Level.STRICT);
    }
}
