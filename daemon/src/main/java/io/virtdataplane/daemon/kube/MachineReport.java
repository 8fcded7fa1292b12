package io.virtdataplane.daemon.kube;

import io.virtdataplane.api.Counters;
import io.virtdataplane.api.GuestAddress;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.MachineInterface;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.VerdictCount;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The status of a VirtualMachineNetworkState, from what the API says of NICs. */
final class MachineReport {
    private static final int MOST_ADDRESSES = 32; // a guest can show any number of them

    private MachineReport() {}

    /** All but what changes with each frame. */
    static Map<String, Object> steady(String node, List<Machine> machines, List<Nic> nics) {
        List<Map<String, Object>> interfaces = new ArrayList<>();
        for (Machine machine : machines) {
            for (MachineInterface each : machine.getStatus().getInterfacesList()) {
                interfaces.add(steady(each, find(nics, machine.getName(), each.getName())));
            }
        }
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("nodeName", node);
        status.put("interfaces", interfaces);
        return status;
    }

    private static Optional<Nic> find(List<Nic> nics, String machine, String name) {
        return nics.stream()
                .filter(nic -> nic.getMachine().equals(machine))
                .filter(nic -> nic.getInterface().equals(name))
                .findFirst();
    }

    private static Map<String, Object> steady(MachineInterface shown, Optional<Nic> nic) {
        Map<String, Object> map = new LinkedHashMap<>();
        put(map, "name", shown.getName());
        put(map, "mac", shown.getMac());
        put(map, "ipAddress", shown.getIpAddress());
        if (shown.getIpAddressesCount() > 0) {
            map.put("ipAddresses", List.copyOf(shown.getIpAddressesList()));
        }
        put(map, "interfaceName", shown.getInterfaceName());
        put(map, "infoSource", shown.getInfoSource());
        put(map, "linkState", shown.getLinkState());
        if (shown.getQueueCount() > 0) {
            map.put("queueCount", shown.getQueueCount());
        }
        nic.ifPresent(
                each -> {
                    boolean isBridged = !each.getBridge().isEmpty();
                    map.put("binding", isBridged ? "bridge" : "masquerade");
                    map.put("network", isBridged ? each.getNetwork() : "pod");
                    map.put(
                            "addresses",
                            each.getAddressesList().stream()
                                    .limit(MOST_ADDRESSES)
                                    .map(MachineReport::address)
                                    .toList());
                });
        return map;
    }

    /** Without the time at which it was seen last, which is news all the time. */
    private static Map<String, Object> address(GuestAddress from) {
        Map<String, Object> map = new LinkedHashMap<>();
        int prefix = from.getPrefixLength();
        map.put("address", from.getAddress() + (prefix == 0 ? "" : "/" + prefix));
        map.put("source", from.getSource());
        return map;
    }

    /** The same with counters, and with the time at which each address was seen last. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> withCounters(Map<String, Object> steady, List<Nic> nics) {
        List<Map<String, Object>> interfaces = new ArrayList<>();
        for (Map<String, Object> each : (List<Map<String, Object>>) steady.get("interfaces")) {
            Map<String, Object> map = new LinkedHashMap<>(each);
            nics.stream()
                    .filter(nic -> nic.getInterface().equals(each.get("name")))
                    .findFirst()
                    .ifPresent(nic -> addLive(map, nic));
            interfaces.add(map);
        }
        Map<String, Object> status = new LinkedHashMap<>(steady);
        status.put("interfaces", interfaces);
        return status;
    }

    private static void addLive(Map<String, Object> map, Nic nic) {
        map.put(
                "addresses",
                nic.getAddressesList().stream()
                        .limit(MOST_ADDRESSES)
                        .map(MachineReport::seenAddress)
                        .toList());
        Counters counters = nic.getCounters();
        map.put("sentFrames", counters.getGuestFrames()); // by the guest
        map.put("sentBytes", counters.getGuestBytes());
        map.put("receivedFrames", counters.getToGuestFrames());
        map.put("receivedBytes", counters.getToGuestBytes());
        map.put(
                "drops",
                counters.getVerdictsList().stream()
                        .filter(VerdictCount::getDrop)
                        .map(drop -> drop(drop))
                        .toList());
    }

    private static Map<String, Object> drop(VerdictCount drop) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("reason", drop.getVerdict());
        map.put("frames", drop.getFrames());
        return map;
    }

    private static Map<String, Object> seenAddress(GuestAddress from) {
        Map<String, Object> map = address(from);
        if (from.getLastSeenUnixMs() > 0) {
            map.put(
                    "lastSeen",
                    Instant.ofEpochMilli(from.getLastSeenUnixMs())
                            .truncatedTo(ChronoUnit.SECONDS)
                            .toString());
        }
        return map;
    }

    private static void put(Map<String, Object> map, String field, String value) {
        if (!value.isEmpty()) {
            map.put(field, value);
        }
    }
}
