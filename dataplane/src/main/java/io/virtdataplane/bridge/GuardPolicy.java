package io.virtdataplane.bridge;

/**
 * What a port's guard checks of what its station sends.
 *
 * @param mac the station's address; 0: any
 * @param sourceMac the Ethernet source must be {@code mac}: what {@code macspoofchk} asks for
 * @param strict also the addresses inside ARP, Neighbor Discovery and DHCP, and the IPv4 source
 *     once DHCP has given one
 */
public record GuardPolicy(long mac, boolean sourceMac, boolean strict) {
    /** An uplink: other stations are behind it. */
    public static final GuardPolicy NONE = new GuardPolicy(0, false, false);

    /** The guest's own address only, as the plugin's {@code macspoofchk} has it. */
    public static GuardPolicy sourceMac(long mac) {
        return new GuardPolicy(mac, true, false);
    }

    public static GuardPolicy strict(long mac) {
        return new GuardPolicy(mac, true, true);
    }
}
