package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.sriov.Discovery;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.NodeReconciler;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.PolicyRules;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.SupportedNics;
import io.virtdataplane.sriov.VfAttachments;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's policies and the thread that keeps its cards in line with them: a pass after each
 * change, again after a failure, and now and then in case somebody changed a card by hand. Calls
 * come from control threads; {@link #cards} is held by whoever changes cards.
 */
public final class SriovNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SriovNode.class);
    private static final long RETRY_MS = 30_000; // the operator's own intervals

    /** What {@link #awaitChange} says once there will be no change any more. */
    public static final long CLOSED = -2;

    private static final long RESYNC_MS = 300_000;
    private final NodeReconciler reconciler;
    private final Discovery discovery;
    private final VfAttachments attachments;
    private final KubeletVfs kubelet;
    private final SupportedNics supported;
    private final boolean rootDevicesAlone;
    private final NodeLabels node;
    private final Map<String, NodePolicy> policyByName = new TreeMap<>();
    private final Map<Path, String> unreadable = new TreeMap<>(); // why, by file
    private final ReentrantLock cards = new ReentrantLock();
    private final Thread thread = Thread.ofPlatform().name("sriov").daemon().unstarted(this::run);
    private NodeState state;
    private long wanted; // pass that the last change waits for
    private long done;
    private long generation;
    private boolean closed;

    /**
     * No pass is made before {@link #start}.
     *
     * @param node what a policy's nodeSelector is compared with
     */
    SriovNode(
            Discovery discovery,
            NodeReconciler reconciler,
            VfAttachments attachments,
            KubeletVfs kubelet,
            SriovConfig config,
            NodeLabels node) {
        this.reconciler = reconciler;
        this.attachments = attachments;
        this.kubelet = kubelet;
        this.discovery = discovery;
        this.supported = new SupportedNics(config.cards().supported());
        this.rootDevicesAlone = config.cards().rootDevicesAlone();
        this.node = node;
        this.wanted = 1;
        this.state = reconciler.observe(List.of(), NodeState.SyncStatus.IN_PROGRESS, "");
    }

    /**
     * Takes up what an earlier run left, and begins with the passes.
     *
     * @param unreadable policies' files, with the reason: no card is changed while there are some
     */
    synchronized void start(List<NodePolicy> policies, Map<Path, String> notRead) {
        policies.forEach(policy -> policyByName.put(policy.name(), policy));
        unreadable.putAll(notRead);
        state = reconciler.observe(selected(policies()), NodeState.SyncStatus.IN_PROGRESS, "");
        thread.start();
    }

    /** The pass that will have made the change. */
    synchronized long apply(NodePolicy policy) {
        check(policy, policies());
        policyByName.put(policy.name(), policy);
        return change();
    }

    /**
     * Refuses policies of which one could not be applied when its turn comes.
     *
     * @return the node with all of them planned
     */
    synchronized NodeState check(List<NodePolicy> wanted) {
        Map<String, NodePolicy> inForce = new TreeMap<>(policyByName);
        for (NodePolicy policy : wanted) {
            check(policy, List.copyOf(inForce.values()));
            inForce.put(policy.name(), policy);
        }
        return reconciler.observe(
                selected(List.copyOf(inForce.values())), NodeState.SyncStatus.IN_PROGRESS, "");
    }

    /** The node's labels can change. */
    private PolicyRules rules() {
        return new PolicyRules(supported, node.labels(), rootDevicesAlone);
    }

    private void check(NodePolicy policy, List<NodePolicy> others) {
        try {
            rules().check(policy, discovery.physicalFunctions(), others);
        } catch (IllegalArgumentException e) {
            throw SriovObjects.named(ObjectKind.SRIOV_POLICY, policy.name(), e);
        }
    }

    /** The pass that will have put its cards back. */
    synchronized long remove(String name) {
        policyByName.remove(name);
        return change();
    }

    /** A file that could not be read is gone, or holds a policy again. */
    synchronized long forget(Path file) {
        unreadable.remove(file);
        return change();
    }

    /** A pass now, and not when its time comes. */
    public synchronized void wantPass() {
        change();
    }

    /**
     * VFs that are not put back yet: a pass tries again, now and until they are.
     *
     * @param left why, a line for each
     */
    void report(List<String> left) {
        if (!left.isEmpty()) {
            left.forEach(
                    reason ->
                            LOG.warn("VF not restored, each pass tries again: reason={}", reason));
            wantPass();
        }
    }

    private long change() {
        wanted++;
        generation++;
        notifyAll();
        return wanted;
    }

    /** Those that cannot be read as well: they can be removed. */
    public synchronized List<String> policyNames() {
        Set<String> names = new TreeSet<>(policyByName.keySet());
        unreadable.keySet().forEach(file -> names.add(stem(file)));
        return List.copyOf(names);
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.lastIndexOf('.'));
    }

    private synchronized List<String> complaints() {
        return unreadable.entrySet().stream()
                .map(
                        policy ->
                                "stored policy must be readable (until it is applied again or deleted, no card is changed): file="
                                        + policy.getKey()
                                        + " reason="
                                        + policy.getValue())
                .toList();
    }

    public synchronized List<NodePolicy> policies() {
        return List.copyOf(policyByName.values());
    }

    /** Names of the policies that are for this node. Others are kept and do nothing. */
    public Set<String> selectedNames() {
        return selected(policies()).stream().map(NodePolicy::name).collect(Collectors.toSet());
    }

    private List<NodePolicy> selected(List<NodePolicy> policies) {
        List<PhysicalFunction> pfs = discovery.physicalFunctions();
        PolicyRules rules = rules();
        return policies.stream().filter(policy -> rules.selects(policy, pfs)).toList();
    }

    /** As the last pass left it, but VFs and users as they are now. */
    public NodeState state() {
        NodeState last;
        boolean pending;
        synchronized (this) {
            last = state;
            pending = done < wanted;
        }
        return reconciler.observe(
                selected(policies()),
                pending ? NodeState.SyncStatus.IN_PROGRESS : last.syncStatus(),
                last.lastSyncError());
    }

    public synchronized long passes() {
        return done;
    }

    /** The generation that differs from the one known, after at most so long. */
    public synchronized long awaitChange(long known, long longestMs) throws InterruptedException {
        if (generation == known && !closed) {
            wait(longestMs);
        }
        return closed ? CLOSED : generation;
    }

    /** Another one after each change. */
    public synchronized long generation() {
        return generation;
    }

    public synchronized void changed() {
        generation++;
        notifyAll();
    }

    /** Held while cards are changed or VFs given away: passes, attachments, the kubelet's calls. */
    public ReentrantLock cards() {
        return cards;
    }

    /** Its calls are made with {@link #cards} held. */
    public KubeletVfs kubelet() {
        return kubelet;
    }

    private void run() {
        try {
            while (awaitWork()) {
                pass();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean awaitWork() throws InterruptedException {
        if (done >= wanted && !closed) {
            wait(state.syncStatus() == NodeState.SyncStatus.FAILED ? RETRY_MS : RESYNC_MS);
        }
        return !closed;
    }

    private NodeState result(List<NodePolicy> now) {
        List<String> complaints = complaints();
        // Which cards an unreadable policy selects is not known: all are left as they are.
        return complaints.isEmpty()
                ? reconciler.reconcile(now)
                : reconciler.observe(
                        now, NodeState.SyncStatus.FAILED, String.join("; ", complaints));
    }

    private static NodeState failedBy(List<String> left, NodeState state) {
        if (left.isEmpty()) {
            return state;
        }
        String errors = String.join("; ", left);
        return state.failed(
                state.lastSyncError().isEmpty() ? errors : state.lastSyncError() + "; " + errors);
    }

    private void pass() {
        long target;
        List<NodePolicy> now;
        synchronized (this) {
            target = wanted;
            now = selected(policies());
        }
        NodeState result;
        Optional<Map<String, String>> podByDevice = kubelet.ask();
        cards.lock();
        try {
            kubelet.compare(podByDevice);
            List<String> left = attachments.putBackUnfinished();
            result = failedBy(left, result(now));
        } catch (RuntimeException e) {
            LOG.error("SR-IOV pass failed", e);
            synchronized (this) { // the last one: to look at the cards again may fail as well
                result = state.failed(e.toString());
            }
        } finally {
            cards.unlock();
        }
        synchronized (this) {
            if (result.syncStatus() != state.syncStatus()
                    || !result.lastSyncError().equals(state.lastSyncError())) {
                LOG.info(
                        "SR-IOV state: syncStatus={} policies={} error={}",
                        result.syncStatus(),
                        now.size(),
                        result.lastSyncError());
            }
            state = result;
            done = Math.max(done, target);
            generation++;
            notifyAll();
        }
    }

    /** A pass that is under way is let end: half a change helps nobody. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            if (thread.isAlive()) {
                thread.join(5000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SriovException("interrupted", e);
        }
    }
}
