package io.virtdataplane.daemon.control;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.api.LeftObject;
import io.virtdataplane.daemon.object.ObjectResult;
import io.virtdataplane.daemon.object.Outcome;
import java.util.List;

/** What became of the objects of a file, as the API has it. */
final class ObjectViews {
    private ObjectViews() {}

    static List<AppliedObject> applied(List<ObjectResult> results) {
        return results.stream().map(ObjectViews::applied).toList();
    }

    static List<LeftObject> left(List<io.virtdataplane.manifest.LeftObject> left) {
        return left.stream()
                .map(
                        each ->
                                LeftObject.newBuilder()
                                        .setKind(each.kind())
                                        .setName(each.name())
                                        .setReason(each.reason())
                                        .build())
                .toList();
    }

    private static AppliedObject applied(ObjectResult result) {
        Outcome outcome = result.outcome();
        return AppliedObject.newBuilder()
                .setKind(result.kind().toString())
                .setName(result.name())
                .setResult(outcome.isInForce() ? result.change() : "failed")
                .setMessage(outcome.message() + next(outcome))
                .setPass(outcome.pass())
                .addAllWarnings(result.warnings())
                .build();
    }

    private static String next(Outcome outcome) {
        return switch (outcome.standing()) {
            case IN_FORCE -> "";
            case WAITING -> "; it is kept and tried again until it succeeds or is deleted";
            case GIVEN_UP -> "; it is not tried again: remove the cause, then apply it again";
        };
    }
}
