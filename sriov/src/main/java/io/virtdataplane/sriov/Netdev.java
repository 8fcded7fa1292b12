package io.virtdataplane.sriov;

import java.util.List;

/**
 * The network device of a function.
 *
 * @param mac as the kernel prints it
 * @param mtu in bytes
 */
public record Netdev(Names names, String mac, int mtu, Link link) {
    static final Netdev NONE = new Netdev(new Names("", List.of()), "", 0, new Link("", "", false));

    /**
     * What it is called.
     *
     * @param first empty: the function has no network device
     * @param alternative by which it is known as well (ip-link(8): altname); looked up for PFs only
     */
    public record Names(String first, List<String> alternative) {
        public Names {
            alternative = List.copyOf(alternative);
        }
    }

    /**
     * Its link.
     *
     * @param speed such as "25000 Mb/s"; empty while the link is down
     * @param type "ETH", "IB" or, of anything else, empty
     * @param up set up by the administrator
     */
    public record Link(String speed, String type, boolean up) {}

    public String name() {
        return names.first();
    }

    public List<String> altNames() {
        return names.alternative();
    }

    public String speed() {
        return link.speed();
    }

    public String linkType() {
        return link.type();
    }

    public boolean up() {
        return link.up();
    }

    public boolean exists() {
        return !name().isEmpty();
    }

    /** By its name or an alternative one. */
    boolean isNamed(String wanted) {
        return name().equals(wanted) || altNames().contains(wanted);
    }

    Netdev named(String other, List<String> otherNames) {
        return new Netdev(new Names(other, otherNames), mac, mtu, link);
    }

    Netdev with(List<String> altNames) {
        return named(name(), altNames);
    }
}
