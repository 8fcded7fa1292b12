package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.journal.EventQuery;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.FileResult;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.service.Backend.Address;
import io.virtdataplane.daemon.service.Backend.PodNic;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ServiceAssignment;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;

/** Services of files, with machines that a test makes, on a disk that outlives a start. */
final class ServiceRoom implements AutoCloseable {
    static final List<String> SINGLE = List.of("10.96.0.0/12");
    static final List<String> DUAL = List.of("10.96.0.0/12", "fd00:96::/112");

    private static final int JOURNAL_BYTES = 1 << 20;

    final EventJournal journal;
    final Map<String, Backend> machines = new TreeMap<>();
    final List<ServiceMap> told = new ArrayList<>();
    final ServicePublisher publisher;
    final ServiceObjects services;
    final Objects objects;
    private final Path state;
    boolean isQuiet; // machines come, and nobody says so

    ServiceRoom(Path state, List<String> networks) {
        this(state, ServiceSettings.of(networks, "30000-32767", List.of()), false);
    }

    ServiceRoom(Path state, ServiceSettings settings, boolean isInCluster) {
        this.state = state;
        journal = new EventJournal(state, JOURNAL_BYTES);
        publisher = new ServicePublisher(this::machines, journal);
        publisher.follow(told::add);
        services =
                new ServiceObjects(
                        settings.allocations(new Random(1)),
                        state,
                        this::machines,
                        publisher,
                        journal,
                        isInCluster);
        objects = new Objects(state, new Manifests(ManifestDefaults.DEFAULT), services);
        objects.restore();
    }

    private List<Backend> machines() {
        return List.copyOf(machines.values());
    }

    static String manifest(String name, String spec) {
        return "{apiVersion: v1, kind: Service, metadata: {name: "
                + name
                + "}, spec: {"
                + spec
                + "}}\n---\n";
    }

    FileResult apply(String file) {
        return objects.apply(file, ApplyOptions.DEFAULT);
    }

    /** One Service "web". */
    ServiceAssignment applied(String spec) {
        apply(manifest("web", spec));
        return given("web");
    }

    void delete(String name) {
        objects.delete(ObjectKind.SERVICE, name);
    }

    ServiceAssignment given(String name) {
        return services.all().stream()
                .filter(service -> service.spec().ownName().equals(name))
                .findFirst()
                .orElseThrow()
                .has();
    }

    ServiceMap map() {
        return told.getLast();
    }

    /**
     * A machine behind a pod with one or two addresses.
     *
     * @param ports "TCP/22" or "TCP/80/http"; none: all are open
     */
    void machine(String name, int number, String labels, String addresses, String... ports) {
        Map<Family, Address> address = new EnumMap<>(Family.class);
        for (String each : addresses.split(",")) {
            long[] ip = AddressText.ip(each);
            address.put(Family.of(each), new Address(ip[0], ip[1]));
        }
        PodNic nic = new PodNic(number, name + "/default", address, new Listed(List.of(ports)));
        put(name, labels, Optional.of(nic), "");
    }

    void put(String name, String labels, Optional<PodNic> nic, String why) {
        Map<String, String> map = new HashMap<>();
        for (String label : labels.split(",")) {
            map.put(label.split("=")[0], label.split("=")[1]);
        }
        machines.put(name, Backend.of(name, map, nic, why));
        if (!isQuiet) {
            publisher.changed();
        }
    }

    void detach(String name) {
        machines.remove(name);
        publisher.changed();
    }

    /** "KIND NAME MESSAGE" of all that was told; the room is closed with it. */
    List<String> events() {
        journal.close(); // all is written then
        List<String> all = new ArrayList<>();
        try (EventJournal written = new EventJournal(state, JOURNAL_BYTES)) {
            written.read(
                    EventQuery.all(),
                    event ->
                            all.add(
                                    event.getKind()
                                            + " "
                                            + event.getNic()
                                            + " "
                                            + event.getMessage()));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return all;
    }

    private record Listed(List<String> ports) implements Backend.Ports {
        @Override
        public boolean isOpen(int protocol, int port) {
            String prefix = (protocol == Protocols.TCP ? "TCP/" : "UDP/") + port;
            return ports.isEmpty()
                    || ports.stream().anyMatch(each -> (each + "/").startsWith(prefix + "/"));
        }

        @Override
        public OptionalInt named(String name, int protocol) {
            return ports.stream()
                    .map(each -> each.split("/"))
                    .filter(parts -> parts.length == 3 && parts[2].equals(name))
                    .filter(parts -> parts[0].equals(protocol == Protocols.TCP ? "TCP" : "UDP"))
                    .mapToInt(parts -> Integer.parseInt(parts[1]))
                    .findFirst();
        }

        @Override
        public String words() {
            return ports.isEmpty() ? "all" : String.join(",", ports);
        }
    }

    @Override
    public void close() {
        journal.close();
    }
}
