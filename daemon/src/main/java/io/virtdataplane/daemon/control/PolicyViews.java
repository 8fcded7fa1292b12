package io.virtdataplane.daemon.control;

import io.virtdataplane.api.AttachmentDefinition;
import io.virtdataplane.api.Condition;
import io.virtdataplane.api.Enactment;
import io.virtdataplane.api.Policy;
import io.virtdataplane.daemon.network.PolicyStatus;
import io.virtdataplane.manifest.NetworkDefinition;
import java.util.List;

/** Bridge policies and definitions, as the API has them. */
final class PolicyViews {
    private PolicyViews() {}

    static Policy policy(PolicyStatus status) {
        Policy.Builder view = Policy.newBuilder().setName(status.name());
        view.addAllConditions(conditions(status.conditions()));
        if (!status.enactment().isEmpty()) {
            view.setEnactment(
                    Enactment.newBuilder()
                            .setName(status.enactment())
                            .addAllConditions(conditions(status.enacted())));
        }
        return view.build();
    }

    private static List<Condition> conditions(
            List<io.virtdataplane.daemon.network.Condition> from) {
        return from.stream()
                .map(
                        condition ->
                                Condition.newBuilder()
                                        .setType(condition.type())
                                        .setStatus(condition.status())
                                        .setReason(condition.reason())
                                        .setMessage(condition.message())
                                        .setLastTransitionUnixMs(condition.sinceMs())
                                        .build())
                .toList();
    }

    static AttachmentDefinition definition(NetworkDefinition from, long users) {
        return AttachmentDefinition.newBuilder()
                .setNamespace(from.namespace())
                .setName(from.ownName())
                .setBridge(from.bridge().bridge())
                .setVlan(from.bridge().vlan())
                .setTrunk(
                        String.join(
                                ",",
                                from.bridge().vlanTrunk().stream().map(Object::toString).toList()))
                .setPreserveDefaultVlan(from.bridge().preserveDefaultVlan())
                .setMacspoofchk(from.bridge().macspoofchk())
                .setPorts((int) users)
                .build();
    }
}
