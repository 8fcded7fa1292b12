package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.manifest.BridgePortSpec;
import io.virtdataplane.manifest.BridgeSpec;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Makes the bridges what one policy says, all of it or nothing: where a part fails, or a default
 * gateway that answered before does not answer again in time, the bridges are put back.
 */
final class BridgeTransaction {
    private static final int AGAIN_MS = 500;
    private final Bridges bridges;
    private final NodeNetworkPolicy policy;
    private final ApplyOptions options;
    private final BiConsumer<String, RuntimeException> notPutBack;
    private final Set<String> missingBefore = new HashSet<>(); // uplinks that were not open

    /** The node has lost a gateway. To try again would cost it the gateway again. */
    static final class GatewayLostException extends RuntimeException {
        GatewayLostException(String message) {
            super(message);
        }
    }

    /**
     * @param notPutBack hears of a bridge that could not be put back, and why
     */
    BridgeTransaction(
            Bridges bridges,
            NodeNetworkPolicy policy,
            ApplyOptions options,
            BiConsumer<String, RuntimeException> notPutBack) {
        this.bridges = bridges;
        this.policy = policy;
        this.options = options;
        this.notPutBack = notPutBack;
    }

    /** Throws where it failed; then the bridges are as they were. */
    void run() {
        List<InetAddress> gateways = GatewayProbe.answering();
        Map<String, Optional<BridgeSettings>> was = new LinkedHashMap<>();
        for (BridgeSpec spec : policy.bridges()) {
            was.put(spec.name(), bridges.settings(spec.name()));
            missingBefore.addAll(bridges.missingUplinks(spec.name()).keySet());
        }
        try {
            policy.bridges().forEach(this::giveUp);
            policy.bridges().forEach(this::set);
            awaitGateways(gateways);
        } catch (RuntimeException e) {
            putBack(was);
            throw e;
        }
    }

    /**
     * What a policy has made before: all that can be, since an uplink that is still missing must
     * keep no other bridge from being made. Gateways are not asked: the node is as the policy has
     * left it.
     */
    void restore() {
        RuntimeException failed = null;
        for (BridgeSpec spec : policy.bridges()) {
            try {
                set(spec);
            } catch (RuntimeException e) {
                failed = failed == null ? e : failed;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** A NIC can move from one bridge of a policy to another, whatever their order. */
    private void giveUp(BridgeSpec spec) {
        if (spec.state() == BridgeSpec.State.up && spec.ports().isEmpty()) {
            return; // it is to keep what it has
        }
        Set<String> wantedElsewhere =
                policy.bridges().stream()
                        .filter(other -> !other.name().equals(spec.name()))
                        .flatMap(other -> other.ports().stream().flatMap(List::stream))
                        .map(BridgePortSpec::name)
                        .collect(Collectors.toSet());
        bridges.settings(spec.name())
                .filter(now -> now.hasAnyOf(wantedElsewhere))
                .ifPresent(now -> bridges.set(now.without(wantedElsewhere)));
    }

    private void set(BridgeSpec spec) {
        switch (spec.state()) {
            case up -> {
                BridgeSettings now =
                        bridges.settings(spec.name()).orElse(BridgeSettings.none(spec.name()));
                BridgeSettings wanted = now.with(spec, options.sharesUplinks(), options.hostPort());
                // What the policy does not name may be missing as it was.
                bridges.set(wanted, spec.ports().isPresent() ? Set.of() : missingBefore);
            }
            // The bridge stays and carries nothing by its uplinks.
            case down ->
                    bridges.settings(spec.name())
                            .ifPresent(now -> bridges.set(now.withoutUplinks()));
            case absent -> bridges.remove(spec.name());
            case ignore -> {}
        }
    }

    private void awaitGateways(List<InetAddress> gateways) {
        int seconds = options.probeSeconds();
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        for (InetAddress gateway : gateways) {
            while (!GatewayProbe.answers(gateway)) {
                if (System.nanoTime() > deadline) {
                    throw new GatewayLostException(
                            "default gateway must answer again, as it did before: gateway="
                                    + gateway.getHostAddress()
                                    + " seconds="
                                    + seconds);
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(AGAIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void putBack(Map<String, Optional<BridgeSettings>> was) {
        List<String> names = new ArrayList<>(was.keySet());
        was.forEach(this::release); // whoever had an uplink finds it free
        for (String name : names.reversed()) {
            try {
                was.get(name)
                        .ifPresentOrElse(
                                settings -> bridges.set(settings, missingBefore),
                                () -> bridges.remove(name));
            } catch (RuntimeException e) { // the others are put back all the same
                notPutBack.accept(name, e);
            }
        }
    }

    /** Uplinks that the bridge did not have; those that it had go on carrying frames. */
    private void release(String bridge, Optional<BridgeSettings> was) {
        Set<String> kept = was.map(BridgeSettings::devices).orElse(Set.of());
        try {
            bridges.settings(bridge)
                    .filter(now -> !kept.containsAll(now.devices()))
                    .ifPresent(now -> bridges.set(now.only(kept)));
        } catch (RuntimeException e) {
            // It is set anew at once; what fails then is told.
        }
    }
}
