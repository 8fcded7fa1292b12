package io.virtdataplane.daemon.control;

import io.virtdataplane.api.GuestAddress;
import io.virtdataplane.api.GuestAgent;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.MachineInterface;
import io.virtdataplane.api.MachineStatus;
import io.virtdataplane.api.Nic;
import io.virtdataplane.daemon.guest.AddressSource;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.guest.GuestInterface;
import io.virtdataplane.daemon.guest.KnownAddress;
import io.virtdataplane.daemon.guest.KnownNic;
import io.virtdataplane.daemon.guest.MachineInterfaces;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Machines as a VirtualMachineInstance's status shows them, and what their agents say. */
final class MachineViews {
    private static final int QUEUES = 1; // a port of ours is one queue of its device

    private MachineViews() {}

    /** The NIC with what the agent of its machine says of it. */
    static Nic withAgent(Nic nic, GuestAgents agents) {
        Nic.Builder view = nic.toBuilder();
        agent(nic.getMachine(), agents).ifPresent(view::setGuestAgent);
        new MachineInterfaces(agents.report(nic.getMachine()))
                .saidOf(known(nic))
                .forEach(said -> view.addAddresses(AddressViews.message(said)));
        return view.build();
    }

    /** Of all NICs, in order of their names. */
    static List<Machine> machines(List<Nic> nics, GuestAgents agents) {
        Map<String, List<Nic>> byMachine = new TreeMap<>();
        for (Nic nic : nics) {
            byMachine.computeIfAbsent(nic.getMachine(), name -> new ArrayList<>()).add(nic);
        }
        return byMachine.entrySet().stream()
                .map(each -> machine(each.getKey(), each.getValue(), agents))
                .toList();
    }

    private static Machine machine(String name, List<Nic> nics, GuestAgents agents) {
        List<Nic> primaryFirst =
                nics.stream()
                        .sorted(Comparator.comparing((Nic nic) -> !isMasquerade(nic)))
                        .toList();
        List<GuestInterface> merged =
                new MachineInterfaces(agents.report(name))
                        .of(primaryFirst.stream().map(MachineViews::known).toList());
        MachineStatus.Builder status = MachineStatus.newBuilder();
        for (int i = 0; i < merged.size(); i++) {
            MachineInterface.Builder view = view(merged.get(i));
            if (i < primaryFirst.size()) {
                attached(view, primaryFirst.get(i));
            }
            status.addInterfaces(view);
        }
        Machine.Builder machine = Machine.newBuilder().setName(name).setStatus(status);
        agent(name, agents).ifPresent(machine::setGuestAgent);
        return machine.build();
    }

    private static void attached(MachineInterface.Builder view, Nic nic) {
        view.setQueueCount(QUEUES).setLinkState("up");
        if (isMasquerade(nic)) {
            view.setPodInterfaceName(nic.getUplink());
        }
    }

    private static boolean isMasquerade(Nic nic) {
        return nic.getBridge().isEmpty();
    }

    private static MachineInterface.Builder view(GuestInterface merged) {
        MachineInterface.Builder view = MachineInterface.newBuilder();
        for (KnownAddress known : merged.addresses()) {
            int prefix = known.prefixLength();
            view.addIpAddresses(known.address())
                    .addIpPrefixes(known.address() + (prefix == 0 ? "" : "/" + prefix));
        }
        if (!merged.addresses().isEmpty()) {
            view.setIpAddress(merged.addresses().getFirst().address());
        }
        if (!merged.mac().isEmpty()) {
            view.setMac(merged.mac());
        }
        if (merged.isOfManifest()) {
            view.setName(merged.name());
        }
        if (merged.isKnownToAgent()) {
            view.setInterfaceName(merged.nameInGuest());
        }
        return view.setInfoSource(
                merged.isOfManifest() && merged.isKnownToAgent()
                        ? "domain, guest-agent"
                        : merged.isOfManifest() ? "domain" : "guest-agent");
    }

    private static KnownNic known(Nic nic) {
        List<KnownAddress> addresses =
                nic.getAddressesList().stream()
                        .map(MachineViews::known)
                        .filter(known -> known.source() != AddressSource.AGENT)
                        .toList();
        return new KnownNic(
                nic.getInterface(),
                nic.getGuestMac().isEmpty() ? nic.getMacAddress() : nic.getGuestMac(),
                isMasquerade(nic),
                Stream.of(nic.getGuestAddress(), nic.getGuestIpv6Address())
                        .filter(address -> !address.isEmpty())
                        .toList(),
                addresses);
    }

    private static KnownAddress known(GuestAddress address) {
        return new KnownAddress(
                address.getAddress(),
                address.getPrefixLength(),
                AddressSource.of(address.getSource()),
                address.getMac(),
                address.getLastSeenUnixMs());
    }

    private static Optional<GuestAgent> agent(String machine, GuestAgents agents) {
        return agents.health(machine)
                .map(
                        health ->
                                GuestAgent.newBuilder()
                                        .setSocket(health.socket().toString())
                                        .setReason(health.reason())
                                        .setLastAnswerUnixMs(health.saidMs())
                                        .build());
    }
}
