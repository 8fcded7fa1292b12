package io.virtdataplane.cli.view;

import io.virtdataplane.api.GuestAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The addresses of a NIC in words, a line each, with all sources that know the address. */
final class KnownAddresses {
    private KnownAddresses() {}

    /** "10.0.2.2/24: lease 3m ago, observed 2s ago". */
    static List<String> lines(List<GuestAddress> addresses, long nowMs) {
        Map<String, List<GuestAddress>> byAddress = new LinkedHashMap<>();
        addresses.forEach(
                each ->
                        byAddress
                                .computeIfAbsent(each.getAddress(), any -> new ArrayList<>())
                                .add(each));
        return byAddress.values().stream().map(known -> line(known, nowMs)).toList();
    }

    private static String line(List<GuestAddress> known, long nowMs) {
        int prefix = known.stream().mapToInt(GuestAddress::getPrefixLength).max().orElse(0);
        List<String> sources = known.stream().map(each -> source(each, nowMs)).toList();
        return known.getFirst().getAddress()
                + (prefix == 0 ? "" : "/" + prefix)
                + ": "
                + String.join(", ", sources);
    }

    private static String source(GuestAddress known, long nowMs) {
        boolean isTimeless = known.getSource().equals("pod") || known.getLastSeenUnixMs() == 0;
        return known.getSource()
                + (isTimeless
                        ? ""
                        : " "
                                + Cells.age(Math.max(0, nowMs - known.getLastSeenUnixMs()) / 1000)
                                + " ago");
    }
}
