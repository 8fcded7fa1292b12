package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.LeftObject;
import io.virtdataplane.manifest.ManifestFile;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ObjectName;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a request's file must keep to, beside the rules of its objects. */
final class FileRules {
    private FileRules() {}

    static void mustBeOne(ManifestFile read, ObjectKind kind) {
        if (read.objects().size() != 1) {
            throw new IllegalArgumentException(
                    "manifest must have one "
                            + kind.manifestKind()
                            + ": found="
                            + read.objects().size());
        }
    }

    static void mustBeDistinct(List<ObjectName> names) {
        Set<ObjectName> seen = new HashSet<>();
        for (ObjectName name : names) {
            if (!seen.add(name)) {
                throw new IllegalArgumentException(
                        "object must be in a file only once: "
                                + name.kind()
                                + "/"
                                + name.identity());
            }
        }
    }

    /** Of a version that asks nothing of us any more, an earlier one would stay in force. */
    static IllegalArgumentException leavesEarlierVersion(LeftObject left) {
        return new IllegalArgumentException(
                left.kind()
                        + " "
                        + left.name()
                        + ": an earlier version is in force and would stay so (delete it first): "
                        + left.reason());
    }

    /** What the Kubernetes API has would come again as it is there. */
    static void mustBeOf(ApplyOptions options, Kept held) {
        if (held.options().fromCluster() && !options.fromCluster()) {
            throw new IllegalArgumentException(
                    held.manifest().kind().manifestKind()
                            + " "
                            + held.manifest().name()
                            + ": it comes from the Kubernetes API: change or delete it there, with kubectl");
        }
    }
}
