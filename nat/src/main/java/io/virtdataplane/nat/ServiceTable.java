package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Services that guests reach by their own NAT, at one time: which address and port is a front
 * end, and behind which endpoints it is answered. Never changed, so all workers read the same one;
 * another takes its place. Built by the control thread.
 *
 * <p>A lookup is one of an open-addressed table, at most half full.
 */
public final class ServiceTable {
    static final int NONE = -1;

    /** No Service is there. */
    public static final ServiceTable EMPTY = of(List.of());

    private final FrontEnd[] frontEnds;
    private final int[] index;
    private final int mask;
    private final int[] addresses;

    private ServiceTable(FrontEnd[] frontEnds) {
        this.frontEnds = frontEnds;
        index = new int[Math.max(2, Integer.highestOneBit(Math.max(1, frontEnds.length)) << 2)];
        mask = index.length - 1;
        addresses = new int[index.length];
        Arrays.fill(index, NONE);
        Arrays.fill(addresses, NONE);
        for (int i = 0; i < frontEnds.length; i++) {
            Endpoint at = frontEnds[i].at();
            put(index, i, home(frontEnds[i].protocol(), at.high(), at.low(), at.port()));
            if (frontEnds[i].ownsAddress() && !isOfService(at.high(), at.low())) {
                put(addresses, i, home(0, at.high(), at.low(), 0));
            }
        }
    }

    private void put(int[] into, int frontEnd, int home) {
        int slot = home;
        while (into[slot] != NONE) {
            slot = slot + 1 & mask;
        }
        into[slot] = frontEnd;
    }

    /** Of two with the same address, protocol and port the first is taken. */
    public static ServiceTable of(List<FrontEnd> frontEnds) {
        record Key(Endpoint at, int protocol) {}
        Map<Key, FrontEnd> unique = new LinkedHashMap<>();
        frontEnds.forEach(each -> unique.putIfAbsent(new Key(each.at(), each.protocol()), each));
        return new ServiceTable(unique.values().toArray(FrontEnd[]::new));
    }

    boolean isEmpty() {
        return frontEnds.length == 0;
    }

    /** The front end there, or {@link #NONE}. */
    int find(int protocol, long high, long low, int port) {
        int slot = home(protocol, high, low, port);
        int found;
        while ((found = index[slot]) != NONE) {
            FrontEnd each = frontEnds[found];
            Endpoint at = each.at();
            if (at.low() == low
                    && at.port() == port
                    && each.protocol() == protocol
                    && at.high() == high) {
                return found;
            }
            slot = slot + 1 & mask;
        }
        return NONE;
    }

    FrontEnd frontEnd(int found) {
        return frontEnds[found];
    }

    /** A Service has that address for itself, by whatever port. */
    boolean isOfService(long high, long low) {
        int slot = home(0, high, low, 0);
        int found;
        while ((found = addresses[slot]) != NONE) {
            Endpoint at = frontEnds[found].at();
            if (at.low() == low && at.high() == high) {
                return true;
            }
            slot = slot + 1 & mask;
        }
        return false;
    }

    /** The one that answers there still serves. */
    boolean has(int found, long high, long low, int port) {
        List<Endpoint> endpoints = frontEnds[found].serving();
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint each = endpoints.get(i);
            if (each.low() == low && each.port() == port && each.high() == high) {
                return true;
            }
        }
        return false;
    }

    /** It has front ends that were not in the table before this one. */
    public boolean hasNew(ServiceTable before) {
        return Arrays.stream(frontEnds).anyMatch(each -> before.find(each) == NONE);
    }

    private int find(FrontEnd other) {
        Endpoint at = other.at();
        return find(other.protocol(), at.high(), at.low(), at.port());
    }

    private int home(int protocol, long high, long low, int port) {
        long h = (low ^ (long) port << 32 ^ protocol) * 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 29 ^ high) * 0xbf58476d1ce4e5b9L;
        return (int) (h >>> 32) & mask;
    }
}
