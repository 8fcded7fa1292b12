package io.virtdataplane.daemon.guest;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Merges what the data plane knows of a machine's NICs with what its agent says, by KubeVirt's
 * rules (pkg/virt-launcher and pkg/network/vmispec), but for these: of several interfaces of the
 * guest with one MAC address (a bridge and its port, a bond, VLANs) the NIC is the one that has our
 * lease; what the data plane knows is never taken away because an agent does not say it; and what a
 * guest adds to a family is shown beside the lease.
 */
public final class MachineInterfaces {
    /** Interfaces that only the guest has, as in KubeVirt. */
    static final int MOST_GUEST_ONLY = 10;

    private static final Pattern ALIAS = Pattern.compile("([!-~&&[^/:]]{1,15}):[!-~]*");
    private final List<AgentInterface> said;
    private final long saidMs;

    public MachineInterfaces(AgentReport report) {
        this.said = withoutAliases(report.interfaces());
        this.saidMs = report.saidMs();
    }

    /** {@code eth0:1} is a label of an address of eth0, and no interface. */
    private static List<AgentInterface> withoutAliases(List<AgentInterface> all) {
        Map<String, AgentInterface> byName = new LinkedHashMap<>();
        for (AgentInterface one : all) {
            Matcher alias = ALIAS.matcher(one.name());
            String name = alias.matches() ? alias.group(1) : one.name();
            byName.merge(
                    name + " " + one.mac(),
                    new AgentInterface(name, one.mac(), one.addresses()),
                    (first, more) ->
                            new AgentInterface(
                                    name,
                                    first.mac(),
                                    Stream.concat(
                                                    first.addresses().stream(),
                                                    more.addresses().stream())
                                            .toList()));
        }
        return List.copyOf(byName.values());
    }

    /** The NICs in their order, then those that only the guest has, in the agent's order. */
    public List<GuestInterface> of(List<KnownNic> nics) {
        List<GuestInterface> merged = new ArrayList<>();
        Set<AgentInterface> left = new HashSet<>(said);
        for (KnownNic nic : nics) {
            Optional<AgentInterface> entry = entry(nic);
            entry.ifPresent(left::remove);
            String nameInGuest = entry.map(AgentInterface::name).orElse("");
            merged.add(
                    new GuestInterface(nic.name(), nameInGuest, nic.mac(), addresses(nic, entry)));
        }
        said.stream()
                .filter(left::contains)
                .filter(one -> !hasNothingToTell(one, nics))
                .limit(MOST_GUEST_ONLY)
                .map(MachineInterfaces::guestOnly)
                .forEach(merged::add);
        return merged;
    }

    /** What the agent says of the NIC; nothing where it does not know it. */
    public List<KnownAddress> saidOf(KnownNic nic) {
        return entry(nic).map(AgentInterface::addresses).orElse(List.of());
    }

    /**
     * A port of a bridge or a bond has a NIC's MAC address and none of IP; the loopback of Windows
     * has neither.
     */
    private static boolean hasNothingToTell(AgentInterface one, List<KnownNic> nics) {
        boolean isOfNic = nics.stream().anyMatch(nic -> nic.mac().equals(one.mac()));
        return one.addresses().isEmpty() && (isOfNic || one.mac().isEmpty());
    }

    private static GuestInterface guestOnly(AgentInterface one) {
        return new GuestInterface("", one.name(), one.mac(), inOrder(one.addresses()));
    }

    /** Of those with the NIC's MAC address the one that has its address; else the likeliest. */
    private Optional<AgentInterface> entry(KnownNic nic) {
        List<Predicate<KnownAddress>> signs =
                List.of(
                        known -> nic.own().contains(known.address()),
                        known -> nic.has(AddressSource.OBSERVED, known.address()),
                        known -> !known.isLinkLocal(),
                        known -> true);
        List<AgentInterface> candidates =
                said.stream()
                        .filter(one -> !one.mac().isEmpty() && one.mac().equals(nic.mac()))
                        .toList();
        for (Predicate<KnownAddress> sign : signs) {
            for (AgentInterface one : candidates) {
                if (one.addresses().stream().anyMatch(sign)) {
                    return Optional.of(one);
                }
            }
        }
        return candidates.stream().findFirst();
    }

    private List<KnownAddress> addresses(KnownNic nic, Optional<AgentInterface> entry) {
        List<KnownAddress> byAgent = entry.map(AgentInterface::addresses).orElse(List.of());
        return inOrder(nic.isMasquerade() ? ofPod(nic, byAgent) : onNetwork(nic, byAgent));
    }

    /** Outside the guest is its pod; the agent counts for a family that the pod does not have. */
    private static List<KnownAddress> ofPod(KnownNic nic, List<KnownAddress> byAgent) {
        List<KnownAddress> pod =
                nic.addresses().stream()
                        .filter(known -> known.source() == AddressSource.POD)
                        .toList();
        Stream<KnownAddress> others =
                byAgent.stream()
                        .filter(known -> !known.isLinkLocal())
                        .filter(
                                known ->
                                        pod.stream()
                                                .noneMatch(own -> own.isIpv6() == known.isIpv6()));
        return Stream.concat(pod.stream(), others).toList();
    }

    /** What was leased, what the agent says, and what was seen since the agent said it. */
    private List<KnownAddress> onNetwork(KnownNic nic, List<KnownAddress> byAgent) {
        Stream<KnownAddress> leased =
                nic.addresses().stream().filter(known -> known.source() == AddressSource.LEASE);
        Stream<KnownAddress> seen =
                nic.addresses().stream()
                        .filter(known -> known.source() == AddressSource.OBSERVED)
                        .filter(known -> known.mac().equals(nic.mac()))
                        .filter(known -> known.seenMs() > saidMs)
                        .filter(known -> !isSaid(known.address()));
        return Stream.of(leased, byAgent.stream(), seen).flatMap(all -> all).toList();
    }

    private boolean isSaid(String address) {
        return said.stream()
                .flatMap(one -> one.addresses().stream())
                .anyMatch(known -> known.address().equals(address));
    }

    /** IPv4 first, link-local ones last in their family, each once, with a known prefix length. */
    private static List<KnownAddress> inOrder(List<KnownAddress> all) {
        List<KnownAddress> sorted = new ArrayList<>();
        for (boolean ipv6 : new boolean[] {false, true}) {
            for (boolean linkLocal : new boolean[] {false, true}) {
                all.stream()
                        .filter(known -> known.isIpv6() == ipv6)
                        .filter(known -> known.isLinkLocal() == linkLocal)
                        .forEach(sorted::add);
            }
        }
        Map<String, KnownAddress> byAddress = new LinkedHashMap<>();
        for (KnownAddress known : sorted) {
            byAddress.merge(
                    known.address(),
                    known,
                    (first, other) -> first.prefixLength() == 0 ? other : first);
        }
        return List.copyOf(byAddress.values());
    }
}
