package io.virtdataplane.sriov;

import java.util.List;

/**
 * The network device of a function.
 *
 * @param name empty: the function has none
 * @param altNames by which it is known as well (ip-link(8): altname); looked up for PFs only
 * @param mac as the kernel prints it
 * @param speed such as "25000 Mb/s"; empty while the link is down
 * @param linkType "ETH", "IB" or, of anything else, empty
 * @param up set up by the administrator
 */
public record Netdev(
        String name,
        List<String> altNames,
        String mac,
        int mtu,
        String speed,
        String linkType,
        boolean up) {
    static final Netdev NONE = new Netdev("", List.of(), "", 0, "", "", false);

    public Netdev {
        altNames = List.copyOf(altNames);
    }

    public boolean exists() {
        return !name.isEmpty();
    }

    /** By its name or an alternative one. */
    boolean isNamed(String wanted) {
        return name.equals(wanted) || altNames.contains(wanted);
    }

    Netdev named(String other, List<String> otherNames) {
        return new Netdev(other, otherNames, mac, mtu, speed, linkType, up);
    }

    Netdev with(List<String> names) {
        return named(name, names);
    }
}
