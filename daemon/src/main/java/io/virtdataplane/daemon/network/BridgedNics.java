package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.Nic;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.control.BridgeViews;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.state.MessageStore;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.wire.Rarp;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guests' NICs on bridges: attached by manifest, found, announced, detached; kept over a
 * restart.
 */
public final class BridgedNics {
    private static final Logger LOG = LoggerFactory.getLogger(BridgedNics.class);
    private final Bridges bridges;
    private final NetworkDefinitions definitions;
    private final DhcpServices dhcp;
    private final MessageStore<AttachRequest> attachments;
    private final EventJournal journal;

    BridgedNics(
            Bridges bridges,
            NetworkDefinitions definitions,
            DhcpServices dhcp,
            MessageStore<AttachRequest> attachments,
            EventJournal journal) {
        this.bridges = bridges;
        this.definitions = definitions;
        this.dhcp = dhcp;
        this.attachments = attachments;
        this.journal = journal;
    }

    /** Takes up what an earlier run left; the attachments that are not to a bridge. */
    List<AttachRequest> restore() {
        List<AttachRequest> others = new ArrayList<>();
        for (AttachRequest request : attachments.all()) {
            String name = "unknown";
            try {
                Optional<BridgedSpec> spec = BridgedSpec.of(request);
                if (spec.isEmpty()) {
                    others.add(request);
                    continue;
                }
                name = spec.get().name();
                open(spec.get());
                journal.record("Restored", name, "attached again after a restart");
            } catch (RuntimeException e) {
                LOG.warn("attachment not restored: nic={} reason={}", name, e.getMessage());
                journal.record("RestoreFailed", name, e.getMessage());
                if (!Files.exists(Netns.path(request.getNetns()))) {
                    attachments.remove(name); // another pod's namespace may come to have its name
                }
            }
        }
        return others;
    }

    /** Empty where the request is not for a NIC on a bridge. */
    public Optional<Nic> attach(AttachRequest request) {
        Optional<BridgedSpec> spec = BridgedSpec.of(request);
        if (spec.isEmpty()) {
            return Optional.empty();
        }
        OpenPort port = open(spec.get());
        try {
            attachments.put(port.name(), request);
        } catch (RuntimeException e) {
            bridges.detach(port.name());
            throw e;
        }
        journal.record(
                "Attached",
                port.name(),
                "bridge=" + port.bridge().name() + " network=" + port.spec().network());
        synchronized (bridges) {
            return Optional.of(view(port));
        }
    }

    private OpenPort open(BridgedSpec spec) {
        NetworkDefinition network = definitions.find(spec.definition());
        OpenPort port = bridges.attach(network.bridge().bridge(), spec.port(network));
        LOG.info("attached: nic={} bridge={}", port.name(), port.bridge().name());
        return port;
    }

    /** False where no NIC on a bridge has this name. */
    public boolean detach(String name) {
        Optional<OpenPort> port = guest(name);
        if (port.isEmpty()) {
            return attachments.remove(name); // one that could not be taken up after a restart
        }
        bridges.detach(port.get().name());
        attachments.remove(port.get().name());
        journal.record("Detached", port.get().name(), "bridge=" + port.get().bridge().name());
        return true;
    }

    /**
     * Tells the switches where a guest's station is, as after a migration; false where no NIC on a
     * bridge has this name. Never unasked: until the guest has moved, its other node has the
     * station.
     */
    public boolean announce(String name) {
        OpenPort port;
        synchronized (bridges) {
            Optional<OpenPort> found = guest(name);
            if (found.isEmpty()) {
                return false;
            }
            port = found.get();
        }
        byte[] frame = Rarp.announcement(port.spec().guard().mac());
        port.worker()
                .ask(
                        on -> {
                            on.inject(port.port(), frame);
                            return null;
                        });
        journal.record("Announced", port.name(), "the station to its bridge");
        return true;
    }

    /** By MACHINE/INTERFACE, or by MACHINE where it has one NIC on a bridge. */
    private Optional<OpenPort> guest(String name) {
        List<OpenPort> named =
                guests().stream()
                        .filter(
                                port ->
                                        port.name().equals(name)
                                                || port.name().startsWith(name + "/"))
                        .toList();
        return named.size() == 1 ? Optional.of(named.getFirst()) : Optional.empty();
    }

    private List<OpenPort> guests() {
        synchronized (bridges) {
            return bridges.all().stream()
                    .flatMap(open -> open.ports().stream())
                    .filter(port -> !port.spec().isUplink())
                    .toList();
        }
    }

    public Optional<Nic> nic(String name) {
        synchronized (bridges) {
            return guest(name).map(this::view);
        }
    }

    public List<Nic> nics() {
        synchronized (bridges) {
            return guests().stream().map(this::view).toList();
        }
    }

    private Nic view(OpenPort port) {
        return BridgeViews.nic(port, dhcp.lease(port));
    }

    /** A guest's NIC or an uplink, by name. */
    public Optional<? extends Attachment> attachment(String name) {
        Optional<OpenPort> exact = bridges.find(name);
        return exact.isPresent() ? exact : guest(name);
    }

    /** How many are on the network of that definition. */
    long users(String definition) {
        return guests().stream().filter(port -> port.spec().network().equals(definition)).count();
    }
}
