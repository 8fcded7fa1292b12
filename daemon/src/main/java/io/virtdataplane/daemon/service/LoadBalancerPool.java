package io.virtdataplane.daemon.service;

import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.ServiceSpec;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.Type;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Addresses for Services of type LoadBalancer, which the network leads to this node: each is given
 * to one Service, the first free one first, as MetalLB does. One thread.
 */
public final class LoadBalancerPool {
    private static final int MOST_BITS = 16;
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;
    private final List<Range> ranges;
    private final Set<String> taken;
    private final Set<String> avoided = new HashSet<>();

    /** Addresses of one family, in order: {@code size} from {@code first} on. */
    private record Range(Family family, long high, long first, long size) {
        boolean contains(long... address) {
            return Ip.isMapped(address[0], address[1]) == (family == Family.IPv4)
                    && address[0] == high
                    && Long.compareUnsigned(address[1] - first, size) < 0;
        }
    }

    /**
     * @param ranges each in CIDR notation, or FIRST-LAST; at most 2^16 addresses
     * @throws IllegalArgumentException one that is none
     */
    public LoadBalancerPool(List<String> ranges) {
        this(ranges.stream().map(LoadBalancerPool::range).toList(), Set.of());
    }

    private LoadBalancerPool(List<Range> ranges, Set<String> taken) {
        this.ranges = ranges;
        this.taken = new HashSet<>(taken);
    }

    private static Range range(String text) {
        try {
            Range range = text.indexOf('-') > 0 ? fromTo(text) : network(text);
            if (range.size() > 0 && range.size() <= 1 << MOST_BITS) {
                return range;
            }
        } catch (IllegalArgumentException e) {
            throw refused(text, e);
        }
        throw refused(text, null);
    }

    private static IllegalArgumentException refused(String text, Exception cause) {
        return new IllegalArgumentException(
                "services.loadBalancerPool must have networks in CIDR notation, or FIRST-LAST, of 1-65536 addresses: loadBalancerPool="
                        + text,
                cause);
    }

    private static Range fromTo(String text) {
        String[] ends = text.split("-", -1);
        long[] first = AddressText.ip(ends[0].strip());
        long[] last = AddressText.ip(ends[1].strip());
        boolean isRange =
                ends.length == 2
                        && Family.of(ends[0]) == Family.of(ends[1])
                        && first[0] == last[0]
                        && Long.compareUnsigned(first[1], last[1]) <= 0;
        return new Range(
                Family.of(ends[0]), first[0], first[1], isRange ? last[1] - first[1] + 1 : 0);
    }

    private static Range network(String text) {
        String[] parts = text.split("/", -1);
        Family family = Family.of(parts[0]);
        boolean isOne = parts.length == 2 && parts[1].matches("\\d{1,3}");
        int most = family == Family.IPv4 ? IPV4_BITS : IPV6_BITS;
        int bits = isOne ? most - Integer.parseInt(parts[1]) : -1;
        if (bits < 0 || bits > MOST_BITS) {
            return new Range(family, 0, 0, 0);
        }
        long[] address = AddressText.ip(parts[0]);
        return new Range(family, address[0], address[1] & -1L << bits, 1L << bits);
    }

    boolean overlaps(ServiceNetwork network) {
        return ranges.stream()
                .anyMatch(
                        range ->
                                network.contains(AddressText.ip(range.high(), range.first()))
                                        || network.contains(
                                                AddressText.ip(
                                                        range.high(),
                                                        range.first() + range.size() - 1))
                                        || range.contains(AddressText.ip(network.first())));
    }

    /** The same as it is now, to try on. */
    LoadBalancerPool copy() {
        return new LoadBalancerPool(ranges, taken);
    }

    /**
     * What a Service gets: an address for each of its families that the pool has and that is not
     * used up. Another load balancer's Service gets none.
     *
     * @param had keeps what still is of the pool
     */
    List<String> assign(ServiceSpec service, List<Family> families, List<String> had) {
        boolean isOurs =
                service.type() == Type.LoadBalancer && service.loadBalancer().className().isEmpty();
        List<String> asked = service.loadBalancer().addresses();
        List<String> assigned = new ArrayList<>();
        if (isOurs && !ranges.isEmpty()) {
            for (Family family : families) {
                find(family, asked, had).ifPresent(assigned::add);
            }
        }
        taken.addAll(assigned);
        return assigned;
    }

    /** Refuses a Service that asks for an address which it would not get. */
    void check(ServiceSpec service, List<String> had) {
        boolean isAny = ranges.isEmpty() || !service.loadBalancer().className().isEmpty();
        service.loadBalancer().addresses().stream()
                .filter(address -> !isAny && !had.contains(address))
                .forEach(this::checkAsked);
    }

    private void checkAsked(String address) {
        if (!isFree(address)) {
            throw new InvalidManifestException(
                    "spec.loadBalancerIP: Invalid value: \""
                            + address
                            + "\": must be of the load balancer pool, and free");
        }
    }

    private Optional<String> find(Family family, List<String> asked, List<String> had) {
        if (!asked.isEmpty()) {
            return asked.stream()
                    .filter(address -> Family.of(address) == family)
                    .filter(address -> had.contains(address) || isFree(address))
                    .findFirst();
        }
        return had.stream()
                .filter(address -> Family.of(address) == family && isOfPool(address))
                .findFirst()
                .or(() -> free(family));
    }

    private Optional<String> free(Family family) {
        for (Range range : ranges) {
            for (long i = 0; range.family() == family && i < range.size(); i++) {
                String address = AddressText.ip(range.high(), range.first() + i);
                if (!taken.contains(address) && !avoided.contains(address)) {
                    return Optional.of(address);
                }
            }
        }
        return Optional.empty();
    }

    private boolean isFree(String address) {
        return isOfPool(address) && !taken.contains(address);
    }

    private boolean isOfPool(String address) {
        long[] ip = AddressText.ip(address);
        return ranges.stream().anyMatch(range -> range.contains(ip));
    }

    /** It is not given to a Service that does not ask for it. */
    void avoid(List<String> addresses) {
        avoided.addAll(addresses);
    }

    /** What an earlier run gave, without what another Service has. */
    List<String> restore(List<String> addresses) {
        List<String> free = addresses.stream().filter(address -> !taken.contains(address)).toList();
        taken.addAll(free);
        return free;
    }

    void take(List<String> addresses) {
        taken.addAll(addresses);
    }

    void give(List<String> addresses) {
        addresses.forEach(taken::remove);
    }
}
