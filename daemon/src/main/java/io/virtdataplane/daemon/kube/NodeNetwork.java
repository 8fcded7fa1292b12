package io.virtdataplane.daemon.kube;

import io.virtdataplane.daemon.network.BridgeSettings;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.OpenBridge;
import io.virtdataplane.daemon.network.PortSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The node's network in nmstate's words: the kernel's interfaces, but for those of pods, and our
 * bridges. Bounded, since etcd refuses objects above 1.5 MB.
 */
final class NodeNetwork {
    private static final Path DEVICES = Path.of("/sys/class/net");
    private static final int MOST_INTERFACES = 512;
    private static final Pattern OF_PODS = Pattern.compile("(veth|cali|lxc|vdp-|vnet|tap).*");
    private final Bridges bridges;

    NodeNetwork(Bridges bridges) {
        this.bridges = bridges;
    }

    /** As {@code status.currentState} of a NodeNetworkState has it. */
    Map<String, Object> now() {
        Map<String, Map<String, Object>> byName = new TreeMap<>();
        for (String name : deviceNames()) {
            byName.put(name, device(name));
        }
        for (BridgeSettings bridge : bridges.lookAll("", OpenBridge::settings)) {
            Map<String, Object> entry =
                    byName.computeIfAbsent(bridge.name(), name -> new LinkedHashMap<>());
            entry.putIfAbsent("name", bridge.name());
            entry.putIfAbsent("state", "up");
            entry.put("type", "linux-bridge");
            entry.put("bridge", ports(bridge));
        }
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("interfaces", byName.values().stream().limit(MOST_INTERFACES).toList());
        state.put("dns-resolver", Map.of("running", resolver()));
        return state;
    }

    private static List<String> deviceNames() {
        try (Stream<Path> all = Files.list(DEVICES)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !OF_PODS.matcher(name).matches())
                    .sorted()
                    .limit(MOST_INTERFACES)
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static Map<String, Object> device(String name) {
        Path directory = DEVICES.resolve(name);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", name);
        entry.put("type", type(name, directory));
        entry.put("state", read(directory, "operstate").equals("down") ? "down" : "up");
        entry.put("mac-address", read(directory, "address").toUpperCase(Locale.ROOT));
        String mtu = read(directory, "mtu");
        if (mtu.matches("[0-9]{1,9}")) {
            entry.put("mtu", Integer.parseInt(mtu));
        }
        Path controller = directory.resolve("master");
        if (Files.exists(controller)) {
            entry.put("controller", fileName(controller));
        }
        addresses(name, entry);
        return entry;
    }

    private static String type(String name, Path directory) {
        if (name.equals("lo")) {
            return "loopback";
        }
        if (Files.exists(directory.resolve("bridge"))) {
            return "linux-bridge";
        }
        if (Files.exists(directory.resolve("bonding"))) {
            return "bond";
        }
        if (Files.exists(Path.of("/proc/net/vlan", name))) {
            return "vlan";
        }
        return Files.exists(directory.resolve("tun_flags")) ? "tun" : "ethernet";
    }

    private static void addresses(String name, Map<String, Object> entry) {
        List<Map<String, Object>> ipv4 = new ArrayList<>();
        List<Map<String, Object>> ipv6 = new ArrayList<>();
        try {
            NetworkInterface device = NetworkInterface.getByName(name);
            List<InterfaceAddress> all =
                    device == null ? List.of() : device.getInterfaceAddresses();
            for (InterfaceAddress each : all) {
                String text = each.getAddress().getHostAddress().replaceAll("%.*", "");
                boolean isIpv4 = each.getAddress() instanceof Inet4Address;
                (isIpv4 ? ipv4 : ipv6)
                        .add(Map.of("ip", text, "prefix-length", each.getNetworkPrefixLength()));
            }
        } catch (SocketException e) {
            // It has gone meanwhile.
        }
        entry.put("ipv4", Map.of("enabled", !ipv4.isEmpty(), "address", ipv4));
        entry.put("ipv6", Map.of("enabled", !ipv6.isEmpty(), "address", ipv6));
    }

    private static Map<String, Object> ports(BridgeSettings bridge) {
        return Map.of(
                "options",
                Map.of("stp", Map.of("enabled", false)),
                "port",
                bridge.uplinks().stream()
                        .map(PortSpec::device)
                        .map(device -> Map.of("name", device))
                        .toList());
    }

    private static Map<String, Object> resolver() {
        List<String> servers = new ArrayList<>();
        List<String> search = new ArrayList<>();
        try (Stream<String> lines = Files.lines(Path.of("/etc/resolv.conf"))) {
            lines.limit(100)
                    .map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length > 1)
                    .forEach(
                            words -> {
                                if (words[0].equals("nameserver")) {
                                    servers.add(words[1]);
                                } else if (words[0].equals("search")) {
                                    search.addAll(List.of(words).subList(1, words.length));
                                }
                            });
        } catch (IOException | UncheckedIOException e) {
            // The node has none.
        }
        return Map.of("server", servers, "search", search);
    }

    private static String read(Path directory, String file) {
        try {
            return Files.readString(directory.resolve(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static String fileName(Path link) {
        try {
            return Files.readSymbolicLink(link).getFileName().toString();
        } catch (IOException e) {
            return "";
        }
    }
}
