package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.attach.LabelledNic;
import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.service.Backend;
import io.virtdataplane.daemon.service.Backend.Address;
import io.virtdataplane.daemon.service.Backend.PodNic;
import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.manifest.ListedPort;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.nat.OpenPorts;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The machines of this node as Services see them: behind their pods' addresses, or not at all. */
public final class PodBackends implements Supplier<List<Backend>> {
    private final Nics nics;

    public PodBackends(Nics nics) {
        this.nics = nics;
    }

    /** Sorted by name; each once, by its masquerade NIC where it has one. */
    @Override
    public List<Backend> get() {
        Map<String, Backend> byMachine = new TreeMap<>();
        for (LabelledNic each : nics.labelled()) {
            Backend backend = backend(each);
            byMachine.merge(
                    backend.machine(),
                    backend,
                    (first, other) -> other.nic().isPresent() ? other : first);
        }
        return List.copyOf(byMachine.values());
    }

    private static Backend backend(LabelledNic of) {
        String namespace = of.namespace();
        String machine =
                ObjectKind.VIRTUAL_MACHINE.fullName(
                        namespace.isEmpty() ? of.machine() : namespace + "/" + of.machine());
        boolean isMasquerade = of.nic().filter(MasqueradeNic.class::isInstance).isPresent();
        Optional<MasqueradeNic> here =
                of.nic()
                        .filter(MasqueradeNic.class::isInstance)
                        .map(MasqueradeNic.class::cast)
                        .filter(nic -> nic.state() == VifState.ACTIVE);
        String why =
                of.nic().isEmpty()
                        ? of.why()
                        : isMasquerade
                                ? "its guest is on another node, or about to move there"
                                : "no NIC of it is attached to the pod network";
        return Backend.of(machine, of.labels(), here.map(PodBackends::podNic), why);
    }

    private static PodNic podNic(MasqueradeNic nic) {
        Map<Family, Address> address = new EnumMap<>(Family.class);
        put(address, Family.IPv4, nic.ipv4Addresses());
        put(address, Family.IPv6, nic.ipv6Addresses());
        MasqueradeSpec spec = nic.spec();
        return new PodNic(
                nic.vif().id(),
                nic.name(),
                address,
                new NicPorts(spec.policy().ports().open(), spec.nic().ports()));
    }

    private static void put(Map<Family, Address> all, Family family, Addresses addresses) {
        if (addresses.isOn()) {
            all.put(family, new Address(addresses.podHigh(), addresses.podLow()));
        }
    }

    /**
     * @param open by the settings as they are now
     * @param listed in the manifest
     */
    private record NicPorts(OpenPorts open, List<ListedPort> listed) implements Backend.Ports {
        @Override
        public boolean isOpen(int protocol, int port) {
            return open.contains(protocol, port);
        }

        @Override
        public OptionalInt named(String name, int protocol) {
            Optional<ListedPort> found =
                    listed.stream()
                            .filter(port -> port.protocol() == protocol)
                            .filter(port -> port.name().equals(name))
                            .findFirst();
            return found.isPresent() ? OptionalInt.of(found.get().port()) : OptionalInt.empty();
        }

        @Override
        public String words() {
            return open.isAll() ? "all" : String.join(",", open.text());
        }
    }
}
