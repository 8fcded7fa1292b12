package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePort;
import io.virtdataplane.daemon.state.Snapshots;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which stations bridges have learned, for the next run of the daemon on the same run of the
 * machine, so that neither a restart nor a crash floods. A line each: VLAN, MAC address and when it
 * was last seen (CLOCK_MONOTONIC, ns) in hexadecimal, and the port's name.
 */
public final class KeptStations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeptStations.class);
    private static final String KEY = "stations";
    private static final int WORDS = 4;
    private static final long REFRESH_NS = TimeUnit.MINUTES.toNanos(1);
    private final Bridges bridges;
    private final Snapshots snapshots;
    private final Map<String, Written> writtenByBridge = new HashMap<>();

    /** What is in a bridge's file: its stations without their times, and since when. */
    private record Written(Set<String> places, long atNs) {}

    private record Station(int vlan, long mac, long seenNs, String port) {
        static Station parse(String line) {
            String[] words = line.split(" ", WORDS);
            if (words.length < WORDS) {
                throw new IllegalArgumentException("station must have four words: " + line);
            }
            return new Station(
                    Integer.parseInt(words[0], 16),
                    Long.parseLong(words[1], 16),
                    Long.parseLong(words[2], 16),
                    words[3]);
        }

        String line() {
            return "%x %x %x %s".formatted(vlan, mac, seenNs, port);
        }

        String place() {
            return "%x %x %s".formatted(vlan, mac, port);
        }
    }

    public KeptStations(Bridges bridges, Path stateDirectory) {
        this.bridges = bridges;
        this.snapshots = new Snapshots(stateDirectory.resolve("stations"));
    }

    /** Of ports that are there again. */
    public void resume() {
        var unused = bridges.lookAll("", this::resume);
    }

    private boolean resume(OpenBridge open) {
        Snapshots.Taken taken = snapshots.take(open.name(), KEY);
        String reason = taken.setAside();
        try {
            List<Station> stations =
                    new String(taken.content(), StandardCharsets.UTF_8)
                            .lines()
                            .map(Station::parse)
                            .toList();
            Map<String, BridgePort> portByName =
                    open.ports().stream().collect(Collectors.toMap(OpenPort::name, OpenPort::port));
            open.worker().tell(on -> learn(open.bridge(), stations, portByName));
        } catch (IllegalArgumentException e) {
            reason = e.getMessage();
        }
        if (!reason.isEmpty()) {
            LOG.warn("stations set aside, learned anew: bridge={} reason={}", open.name(), reason);
        }
        return reason.isEmpty();
    }

    private static void learn(
            Bridge bridge, List<Station> stations, Map<String, BridgePort> portByName) {
        long nowNs = System.nanoTime();
        for (Station station : stations) {
            BridgePort port = portByName.get(station.port());
            if (port != null) {
                bridge.resumeStation(station.vlan(), station.mac(), port, station.seenNs(), nowNs);
            }
        }
    }

    /**
     * Keeps them for the case that the daemon does not end by itself: where a station came, went or
     * moved, and else once a minute, before they would be too old to be taken up.
     */
    public synchronized void tend() {
        var unused = bridges.lookAll("", open -> keep(open, false));
    }

    /** Keeps them: before any port ends. */
    @Override
    public synchronized void close() {
        var unused = bridges.lookAll("", open -> keep(open, true));
    }

    private boolean keep(OpenBridge open, boolean always) {
        try {
            List<Station> stations = open.worker().ask(on -> learned(open.bridge()));
            Set<String> places =
                    stations.stream().map(Station::place).collect(Collectors.toUnmodifiableSet());
            long nowNs = System.nanoTime();
            Written written = writtenByBridge.get(open.name());
            boolean isCurrent =
                    written != null
                            && written.places().equals(places)
                            && nowNs - written.atNs() < REFRESH_NS;
            if (isCurrent && !always) {
                return true;
            }
            String text = stations.stream().map(Station::line).collect(Collectors.joining("\n"));
            snapshots.put(open.name(), KEY, text.getBytes(StandardCharsets.UTF_8));
            writtenByBridge.put(open.name(), new Written(places, nowNs));
            return true;
        } catch (RuntimeException e) {
            LOG.warn("stations not kept: bridge={} reason={}", open.name(), e.getMessage());
            return false;
        }
    }

    private static List<Station> learned(Bridge bridge) {
        long nowNs = System.nanoTime();
        List<Station> stations = new ArrayList<>();
        bridge.forEachStation(
                nowNs,
                (vlan, mac, port, flags, ageNs) -> {
                    BridgePort at = bridge.port(port);
                    if (flags == 0 && at != null) {
                        stations.add(new Station(vlan, mac, nowNs - ageNs, at.name()));
                    }
                });
        return stations;
    }
}
