package io.virtdataplane.sriov;

/**
 * The network device of a function.
 *
 * @param name empty: the function has none
 * @param mac as the kernel prints it
 * @param speed such as "25000 Mb/s"; empty while the link is down
 * @param up set up by the administrator
 */
public record Netdev(String name, String mac, int mtu, String speed, boolean up) {
    static final Netdev NONE = new Netdev("", "", 0, "", false);

    public boolean exists() {
        return !name.isEmpty();
    }
}
