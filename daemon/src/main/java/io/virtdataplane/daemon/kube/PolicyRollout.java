package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.virtdataplane.daemon.kube.Enactments.Enactment;
import io.virtdataplane.daemon.network.Condition;
import io.virtdataplane.daemon.network.Conditions;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Whose turn it is to bring a policy into force: at most {@code maxUnavailable} nodes are at it at
 * one time, and none begins after it failed on one. A node claims its turn by writing an enactment
 * that is progressing, and only then looks at the others'. Of two nodes that claim at once at least
 * one sees the other's claim, so there are never too many; who sees too many takes its claim back
 * and tries again after a time that chance gives.
 */
final class PolicyRollout {
    private static final long STALE_MS = 600_000; // longer than any gateway is waited for
    private static final long SHORTEST_WAIT_MS = 500;
    private static final long LONGEST_WAIT_MS = 2_500;
    private static final long EACH_WAITING_MS = 50;
    private static final long LOOK_AGAIN_MS = 15_000;

    /**
     * What this node does now.
     *
     * @param isOurs it goes ahead
     * @param againMs if not: when to ask again
     */
    record Turn(boolean isOurs, long againMs) {
        static final Turn NOW = new Turn(true, 0);
    }

    private final Enactments enactments;
    private final PolicyConditions conditions;
    private final String node;

    PolicyRollout(Enactments enactments, PolicyConditions conditions, String node) {
        this.enactments = enactments;
        this.conditions = conditions;
        this.node = node;
    }

    /**
     * @throws io.fabric8.kubernetes.client.KubernetesClientException the server is away: no turn
     */
    Turn ask(GenericKubernetesResource policy, NodeNetworkPolicy wanted) {
        List<Enactment> others = others(wanted.name());
        Optional<String> failedOn = failedOn(policy, others);
        if (failedOn.isPresent()) {
            return wait(policy, wanted, Conditions.aborted(failedOn.get()), LOOK_AGAIN_MS);
        }
        int most = wanted.maxUnavailable().of(conditions.nodes(wanted.nodeSelector(), others));
        if (busy(others) < most) {
            if (claimed(policy, wanted, most)) {
                return Turn.NOW;
            }
        }
        long waiting = others.stream().filter(each -> each.standing().equals("Pending")).count();
        long longest = LONGEST_WAIT_MS + waiting * EACH_WAITING_MS; // of many, each asks seldom
        long againMs = ThreadLocalRandom.current().nextLong(SHORTEST_WAIT_MS, longest);
        return wait(policy, wanted, Conditions.pending(), againMs);
    }

    private boolean claimed(GenericKubernetesResource policy, NodeNetworkPolicy wanted, int most) {
        enactments.claim(policy);
        try {
            boolean isOurs = busy(others(wanted.name())) < most;
            if (isOurs) {
                conditions.tryUpdate(wanted.name(), wanted.nodeSelector());
            }
            return isOurs;
        } catch (RuntimeException e) { // nobody is to wait for a claim that leads to nothing
            var unused = enactments.write(policy, Conditions.pending());
            throw e;
        }
    }

    private Turn wait(
            GenericKubernetesResource policy,
            NodeNetworkPolicy wanted,
            List<Condition> why,
            long againMs) {
        if (enactments.write(policy, why)) {
            conditions.tryUpdate(wanted.name(), wanted.nodeSelector());
        }
        return new Turn(false, againMs);
    }

    private static long busy(List<Enactment> others) {
        return others.stream().filter(PolicyRollout::isBusy).count();
    }

    private List<Enactment> others(String policy) {
        return enactments.of(policy).stream().filter(each -> !each.node().equals(node)).toList();
    }

    private static Optional<String> failedOn(
            GenericKubernetesResource policy, List<Enactment> others) {
        long generation = policy.getMetadata().getGeneration();
        return others.stream()
                .filter(each -> each.generation() == generation)
                .filter(each -> each.standing().equals("Failing"))
                .filter(
                        each ->
                                each.reason()
                                        .equals("FailedToConfigure")) // no cable that was pulled
                .map(Enactment::node)
                .findFirst();
    }

    /** A node that died over it does not keep the others waiting for ever. */
    static boolean isBusy(Enactment other) {
        return other.standing().equals("Progressing")
                && System.currentTimeMillis() - other.sinceMs() < STALE_MS;
    }
}
