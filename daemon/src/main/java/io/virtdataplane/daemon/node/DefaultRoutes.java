package io.virtdataplane.daemon.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** By which devices this network namespace reaches the rest of the world (proc(5)). */
final class DefaultRoutes {
    private static final String LOOPBACK = "lo";
    private static final String ANY_4 = "00000000";
    private static final String ANY_6 = "00000000000000000000000000000000";
    private static final String NO_PREFIX = "00";
    private static final int DEVICE_6 = 9;

    private DefaultRoutes() {}

    /** By name. */
    static List<String> devices() {
        return of(lines("/proc/net/route"), lines("/proc/net/ipv6_route"));
    }

    static List<String> of(List<String> ipv4, List<String> ipv6) {
        Set<String> devices = new TreeSet<>();
        for (String line : ipv4) { // device, destination, gateway, flags, 3 numbers, mask
            String[] words = line.trim().split("\\s+");
            if (words.length > 7 && words[1].equals(ANY_4) && words[7].equals(ANY_4)) {
                devices.add(words[0]);
            }
        }
        for (String line : ipv6) { // destination, its prefix, and last the device
            String[] words = line.trim().split("\\s+");
            if (words.length > DEVICE_6 && words[0].equals(ANY_6) && words[1].equals(NO_PREFIX)) {
                devices.add(words[DEVICE_6]);
            }
        }
        devices.remove(LOOPBACK); // has the route for what is not reached
        return List.copyOf(devices);
    }

    private static List<String> lines(String file) {
        Path path = Path.of(file);
        try {
            return Files.exists(path) ? Files.readAllLines(path) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("read " + file, e);
        }
    }
}
