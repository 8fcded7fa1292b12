package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.CniAttachment;
import io.virtdataplane.api.RateLimits;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.sys.Netns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in for NICs: a request's manifest is parsed once, its family checks and opens it, and
 * it is kept so that a restarted daemon takes it up.
 */
public final class Nics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Nics.class);
    private final Attachments attachments;
    private final List<NicFamily> families;
    private final ObjectStore<AttachRequest> store;
    private final GuestAgents agents;
    private final EventJournal journal;
    private final KeptRequests requests;
    private final boolean inPod;
    private final LostNics lost = new LostNics();
    private final Map<AttachedNic, Origin> origins = new ConcurrentHashMap<>();

    /** What a NIC was made of, and where. */
    private record Origin(
            AttachRequest request, Map<String, String> labels, Optional<PodNamespace> pod) {
        boolean isGone() {
            return pod.isPresent() && pod.get().isGone();
        }
    }

    /**
     * A NIC that was attached.
     *
     * @param machine its manifest, with what was left of it
     */
    public record Attached(AttachedNic nic, MachineManifest machine) {}

    /**
     * @param families asked in this order
     * @param inPod NICs are in this process's own network namespace, and nowhere else
     */
    public Nics(
            Attachments attachments,
            List<NicFamily> families,
            KeptRequests requests,
            GuestAgents agents,
            EventJournal journal,
            boolean inPod) {
        this.inPod = inPod;
        this.agents = agents;
        this.requests = requests;
        this.attachments = attachments;
        this.families = families;
        this.store = requests.store();
        this.journal = journal;
    }

    /** Takes up what an earlier run left; a NIC whose pod is gone is reported and forgotten. */
    public void restore() {
        ObjectStore.Stored<AttachRequest> stored = requests.earlier();
        stored.unreadable()
                .forEach(
                        (file, reason) -> {
                            LOG.warn("attachment not restored: file={} reason={}", file, reason);
                            journal.record("RestoreFailed", "", file + ": " + reason);
                            lost.add(file, reason);
                        });
        stored.damaged().forEach(ObjectStore::setAside); // renamed to *.damaged
        AtOnce.each(
                stored.objectByFile().entrySet(),
                kept -> takeUp(kept.getKey(), kept.getValue(), ""));
        Set<String> digests = store.stems();
        families.forEach(family -> family.restored(digests));
    }

    /**
     * Opens those anew whose devices are not what was opened, and tries those again that are kept
     * and not attached. Called every few seconds.
     */
    public void tend() {
        for (AttachedNic nic : attachments.nics()) {
            try {
                // One that is drained waits for its sessions to be asked for: its guest has gone.
                String change = nic.state() == VifState.DRAINED ? "" : nic.changed();
                if (!change.isEmpty()) {
                    openAnew(nic, change);
                }
            } catch (RuntimeException e) {
                LOG.debug("devices not looked at, tried again: nic={}", nic.name(), e);
            }
        }
        retry();
    }

    /** It stays kept, and is attached again as soon as it can be. */
    private void openAnew(AttachedNic nic, String why) {
        Path file = store.file(nic.name());
        Optional<AttachRequest> kept = store.find(nic.name());
        if (kept.isEmpty()) {
            return; // it is being detached
        }
        end(nic);
        give(nic.name());
        LOG.warn("NIC is opened anew: nic={} reason={}", nic.name(), why);
        journal.record("DeviceChanged", nic.name(), why);
        lost.keep(new LostNics.Waiting(file, nic.name(), kept.get(), why));
    }

    private void retry() {
        for (LostNics.Waiting waiting : lost.waiting()) {
            if (!attachments.isTaken(waiting.name()) && Files.exists(waiting.file())) {
                takeUp(waiting.file(), waiting.request(), waiting.reason());
            }
        }
    }

    /**
     * One that fails waits for as long as its pod is there.
     *
     * @param before why it failed last; empty: it is tried for the first time
     */
    private void takeUp(Path file, AttachRequest request, String before) {
        String name = "unknown";
        try {
            MachineManifest machine = machine(request);
            NicSpec spec = spec(request, machine);
            name = spec.name();
            AttachedNic nic = open(spec, request, machine);
            journal.record("Restored", name, before.isEmpty() ? "attached again" : nic.describe());
        } catch (RuntimeException e) {
            if (!Files.exists(Netns.path(request.getNetns()))) {
                forget(file, name, e.getMessage());
            } else if (lost.keep(new LostNics.Waiting(file, name, request, words(e)))) {
                LOG.warn(
                        "attachment waits, tried again: nic={} file={} reason={}",
                        name,
                        file,
                        e.getMessage());
                journal.record("RestoreFailed", name, words(e));
            }
        }
    }

    private static String words(RuntimeException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private void forget(Path file, String name, String why) {
        lost.forget(file);
        families.forEach(family -> family.forget(name));
        ObjectStore.remove(file);
        LOG.warn("attachment forgotten with its pod: nic={} file={} reason={}", name, file, why);
        journal.record("RestoreFailed", name, "forgotten with its pod: " + why);
    }

    /** What of the kept NICs is not attached, in words, and why. */
    public List<String> warnings() {
        return lost.warnings();
    }

    public Attached attach(AttachRequest asked) {
        AttachRequest own = inPod ? ofOwnPod(asked) : asked;
        AttachRequest request = own.toBuilder().setDrained(false).build();
        MachineManifest machine = machine(request);
        NicSpec spec = spec(request, machine);
        AttachedNic nic = open(spec, request, machine);
        journal.record("Attached", spec.name(), nic.describe());
        return new Attached(nic, machine);
    }

    private static AttachRequest ofOwnPod(AttachRequest asked) {
        String netns = asked.getNetns();
        if (!netns.isBlank() && !netns.equals(Netns.OWN)) {
            throw new IllegalArgumentException(
                    "netns must be left out: this daemon serves its own pod: netns=" + netns);
        }
        return asked.toBuilder().setNetns(Netns.OWN).build();
    }

    private MachineManifest machine(AttachRequest request) {
        return requests.machine(request);
    }

    private NicSpec spec(AttachRequest request, MachineManifest machine) {
        return families.stream()
                .map(family -> family.spec(request, machine))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "interface must be masquerade on the pod network, or bridge"
                                                + " on a multus network"));
    }

    /**
     * The name is held from before anything is opened until all of it has ended, so that the files
     * of two NICs of one name never meet. It is kept before it can be found.
     */
    private AttachedNic open(NicSpec spec, AttachRequest request, MachineManifest machine) {
        NicLimits limits = NicLimits.of(request, machine);
        int number = attachments.take(spec.name());
        AttachedNic nic;
        Optional<PodNamespace> pod;
        try {
            agents.follow(spec.name(), request.getGuestAgent());
            nic = spec.open(number);
            pod = PodNamespace.of(request.getNetns());
        } catch (RuntimeException e) {
            give(spec.name());
            throw e;
        }
        try {
            if (!limits.isNone()) {
                limits.checkFor(nic);
                limits.apply(nic);
            }
            requests.put(spec.name(), nic.kept(request));
        } catch (RuntimeException e) {
            nic.close();
            give(spec.name());
            throw e;
        }
        lost.forget(store.file(spec.name()));
        origins.put(nic, new Origin(request, machine.labels(), pod));
        attachments.add(nic);
        LOG.info(
                "attached: nic={} worker={} {}", nic.name(), nic.worker().number(), nic.describe());
        return nic;
    }

    private void give(String name) {
        agents.leave(name);
        attachments.give(name);
    }

    /** What a NIC with another NAT is kept as. */
    public void keep(String name, AttachRequest request) {
        AttachRequest before = store.find(name).orElse(request);
        AttachRequest limited = request.toBuilder().setLimits(before.getLimits()).build();
        store.put(name, KeptState.with(limited, KeptState.of(before)));
    }

    /** Refused as {@link #limit} would. */
    public void checkLimits(String name, RateLimits changes) {
        NicLimits.of(changes).checkFor(attachments.nic(name));
    }

    /** Limits that are not set stay. Checked whole before anything changes, and kept. */
    public AttachedNic limit(String name, RateLimits changes) {
        AttachedNic nic = attachments.nic(name);
        synchronized (nic) { // two changes at once: both are kept
            AttachRequest before =
                    store.find(nic.name()).orElseThrow(() -> NotFoundException.of("NIC", name));
            AttachRequest.Builder request = before.toBuilder();
            request.getLimitsBuilder().mergeFrom(changes);
            NicLimits limits = NicLimits.of(request.build(), machine(before));
            limits.checkFor(nic);
            store.put(nic.name(), request.build());
            limits.apply(nic);
        }
        journal.record("Changed", nic.name(), NicLimits.describe(changes));
        LOG.info("changed: nic={} {}", nic.name(), NicLimits.describe(changes));
        attachments.changed();
        return nic;
    }

    /** What a NIC is kept as whose guest is there. */
    void keepState(String name, VifState state) {
        store.find(name).ifPresent(kept -> store.put(name, KeptState.with(kept, state)));
    }

    /** Also one that is kept and could not be attached again after a restart. */
    public void detach(String name) {
        AttachedNic nic;
        try {
            nic = attachments.nic(name);
        } catch (NotFoundException e) {
            String waiting = lost.named(name);
            if (!attachments.isTaken(waiting) && store.remove(waiting)) {
                lost.forget(store.file(waiting));
                families.forEach(family -> family.forget(waiting));
                journal.record("Detached", waiting, "it was not attached, but waited to be");
                return;
            }
            throw e;
        }
        // First: what cannot be forgotten stays attached, and what fails later does not come back.
        String why = nic.describe();
        store.remove(nic.name());
        detach(nic, why);
    }

    private void detach(AttachedNic nic, String why) {
        end(nic);
        give(nic.name());
        journal.record("Detached", nic.name(), why);
        LOG.info("detached: nic={} {}", nic.name(), why);
    }

    /**
     * What is attached for a container runtime.
     *
     * @param name of the NIC
     * @param netns of its pod
     * @param device of the guest there: "dev:NAME"
     */
    public record ForRuntime(String name, String netns, String device, CniAttachment as) {}

    public List<ForRuntime> forRuntime() {
        return attachments.nics().stream()
                .flatMap(
                        nic ->
                                Stream.ofNullable(origins.get(nic))
                                        .filter(origin -> origin.request().hasCni())
                                        .map(origin -> forRuntime(nic, origin)))
                .toList();
    }

    private static ForRuntime forRuntime(AttachedNic nic, Origin origin) {
        AttachRequest request = origin.request();
        return new ForRuntime(nic.name(), request.getNetns(), request.getGuest(), request.getCni());
    }

    /** All that are kept, attached or not. */
    public List<LabelledNic> labelled() {
        List<LabelledNic> all = new ArrayList<>(lost.labelled(this::machine));
        for (AttachedNic nic : attachments.nics()) {
            Stream.ofNullable(origins.get(nic))
                    .forEach(origin -> all.add(LabelledNic.of(nic, origin.labels())));
        }
        return all;
    }

    /** Detaches NICs whose pod has ended without a word to us. */
    public void detachGone() {
        for (AttachedNic nic : attachments.nics()) {
            Origin origin = origins.get(nic);
            if (origin != null && origin.isGone()) {
                detachGone(nic, origin.request().getNetns());
            }
        }
    }

    /** One that cannot be detached now does not keep the others. */
    private void detachGone(AttachedNic nic, String netns) {
        try {
            if (isMadeAnew(netns)) {
                openAnew(nic, "its namespace was made anew: netns=" + netns);
                return;
            }
            ObjectStore.remove(store.file(nic.name())); // else the next start finds it gone
            detach(nic, "its pod is gone: netns=" + netns);
        } catch (RuntimeException e) {
            LOG.warn("not detached, tried again: nic={} {}", nic.name(), e.getMessage());
        }
    }

    /** Another namespace has the name; below /proc it is another process that has the number. */
    private static boolean isMadeAnew(String netns) {
        Path path = Netns.path(netns);
        return !path.startsWith("/proc") && Files.exists(path);
    }

    private void end(AttachedNic nic) {
        end(nic, AttachedNic::close);
    }

    private void end(AttachedNic nic, Consumer<AttachedNic> how) {
        if (!attachments.remove(nic)) {
            throw NotFoundException.of("NIC", nic.name());
        }
        try {
            how.accept(nic);
            origins.remove(nic);
        } catch (RuntimeException e) {
            attachments.add(nic); // its packet thread has not let go of it
            throw e;
        }
    }

    /** Ends all NICs for this run; they stay attached for the next. */
    @Override
    public void close() {
        AtOnce.each(attachments.nics(), this::leave);
    }

    private void leave(AttachedNic nic) {
        try {
            end(nic, AttachedNic::leave);
            give(nic.name());
        } catch (RuntimeException e) { // the others are closed all the same
            LOG.warn("not closed cleanly: nic={}", nic.name(), e);
        }
    }
}
