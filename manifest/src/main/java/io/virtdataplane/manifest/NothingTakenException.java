package io.virtdataplane.manifest;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A file in which nothing is for us. */
final class NothingTakenException extends InvalidManifestException {
    private final transient List<LeftObject> left;

    NothingTakenException(Set<ObjectKind> taken, List<LeftObject> left) {
        super(
                "manifest must have a "
                        + ObjectKind.names(taken)
                        + " that is for virt-dataplane: "
                        + left.stream()
                                .map(LeftObject::toString)
                                .collect(Collectors.joining("; ")));
        this.left = List.copyOf(left);
    }

    List<LeftObject> left() {
        return left;
    }
}
