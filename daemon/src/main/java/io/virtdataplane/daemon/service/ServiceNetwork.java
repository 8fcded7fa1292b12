package io.virtdataplane.daemon.service;

import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * The addresses of one family that Services have, with the rules and words of Kubernetes
 * (pkg/registry/core/service/ipallocator). The first address of the network is nobody's, of IPv4
 * neither is the last. One thread.
 */
public final class ServiceNetwork {
    private static final int MOST_BITS = 20; // as kube-apiserver takes it
    private static final int LEAST_LOWER = 16;
    private static final int MOST_LOWER = 256;
    private static final int LOWER_SHARE = 16;
    private final String cidr;
    private final Family family;
    private final long high;
    private final long first;
    private final int size;
    private final NumberPool pool;

    /**
     * @param cidr such as 10.96.0.0/12 or fd00:96::/112; host bits are masked
     * @throws IllegalArgumentException a network that is none, or has fewer than 2 or more than
     *     2^20 addresses
     */
    public ServiceNetwork(String cidr, RandomGenerator random) {
        String[] parts = cidr.split("/", -1);
        this.cidr = cidr;
        this.family = parts[0].indexOf(':') >= 0 ? Family.IPv6 : Family.IPv4;
        int bits = (family == Family.IPv4 ? 32 : 128) - prefix(cidr, parts);
        if (bits < 2 || bits > MOST_BITS) {
            throw new IllegalArgumentException(
                    "network of Services must have 2-20 bits for hosts: cidr=" + cidr);
        }
        long[] address = AddressText.ip(parts[0]);
        this.high = address[0];
        this.first = (address[1] & -1L << bits) + 1;
        this.size = (1 << bits) - (family == Family.IPv4 ? 2 : 1);
        int lower = Math.min(Math.max(LEAST_LOWER, size / LOWER_SHARE), MOST_LOWER);
        this.pool = new NumberPool(size, size <= LEAST_LOWER ? 0 : lower, random);
    }

    private ServiceNetwork(ServiceNetwork of) {
        this.cidr = of.cidr;
        this.family = of.family;
        this.high = of.high;
        this.first = of.first;
        this.size = of.size;
        this.pool = of.pool.copy();
    }

    /** The same as it is now, to try on. */
    ServiceNetwork copy() {
        return new ServiceNetwork(this);
    }

    /** It is not given to a Service that does not ask for it. */
    void avoid(String address) {
        if (contains(address)) {
            pool.avoid(number(address));
        }
    }

    boolean contains(String address) {
        return number(address) >= 0;
    }

    /** What an earlier run gave: false where another Service has it. */
    boolean restore(String address) {
        return !contains(address) || pool.take(number(address));
    }

    private static int prefix(String cidr, String... parts) {
        boolean isOne = parts.length == 2 && parts[1].matches("\\d{1,3}");
        boolean isMapped = parts[0].indexOf(':') >= 0 && parts[0].indexOf('.') >= 0;
        if (!isOne || isMapped) {
            throw new IllegalArgumentException(
                    "network of Services must be in CIDR notation: cidr=" + cidr);
        }
        return Integer.parseInt(parts[1]);
    }

    public Family family() {
        return family;
    }

    /** The first address that a Service can have. */
    String first() {
        return AddressText.ip(high, first);
    }

    /** The one that a Service asks for; a refusal takes nothing. */
    public void take(String address) {
        int number = number(address);
        if (number < 0) {
            throw refused(
                    address,
                    "provided IP is not in the valid range. The range of valid IPs is " + cidr);
        }
        if (!pool.take(number)) {
            throw refused(address, "provided IP is already allocated");
        }
    }

    /**
     * Any.
     *
     * @throws IllegalStateException all are taken
     */
    public String takeNext() {
        OptionalInt next = pool.takeNext();
        if (next.isEmpty()) {
            throw new IllegalStateException("failed to allocate a serviceIP: range is full");
        }
        return AddressText.ip(high, first + next.getAsInt());
    }

    /** One that was taken; of another network, from before the settings changed, is nobody's. */
    public void give(String address) {
        if (contains(address)) {
            pool.give(number(address));
        }
    }

    @Override
    public String toString() {
        return cidr;
    }

    /** Which of its addresses, or -1. */
    private int number(String text) {
        long[] address = AddressText.ip(text);
        long number = address[1] - first;
        boolean isIn =
                address[0] == high
                        && Ip.isMapped(address[0], address[1]) == (family == Family.IPv4)
                        && Long.compareUnsigned(number, size) < 0;
        return isIn ? (int) number : -1;
    }

    private static InvalidManifestException refused(String address, String rule) {
        return new InvalidManifestException(
                "spec.clusterIPs: Invalid value: "
                        + List.of("\"" + address + "\"")
                        + ": failed to allocate IP "
                        + address
                        + ": "
                        + rule);
    }
}
