package io.virtdataplane.daemon.control;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.AttachmentDefinition;
import io.virtdataplane.api.Condition;
import io.virtdataplane.api.Enactment;
import io.virtdataplane.api.Policy;
import io.virtdataplane.daemon.network.PolicyStatus;
import io.virtdataplane.daemon.object.ObjectResult;
import io.virtdataplane.daemon.object.Outcome;
import io.virtdataplane.manifest.NetworkDefinition;
import java.util.List;

/** What became of objects, as the API has it. */
final class PolicyViews {
    private PolicyViews() {}

    static AppliedObject applied(ObjectResult result) {
        Outcome outcome = result.outcome();
        return AppliedObject.newBuilder()
                .setKind(result.kind().toString())
                .setName(result.name())
                .setResult(outcome.isInForce() ? result.change() : "failed")
                .setMessage(outcome.message() + next(outcome))
                .setPass(outcome.pass())
                .build();
    }

    private static String next(Outcome outcome) {
        return switch (outcome.standing()) {
            case IN_FORCE -> "";
            case WAITING -> "; it is kept and tried again until it succeeds or is deleted";
            case GIVEN_UP -> "; it is not tried again: remove the cause, then apply it again";
        };
    }

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
