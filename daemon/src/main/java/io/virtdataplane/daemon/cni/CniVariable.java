package io.virtdataplane.daemon.cni;

import java.util.Set;

/** The environment of a CNI plugin, in the order in which it is checked, with who must set it. */
enum CniVariable {
    CNI_COMMAND("ADD", "CHECK", "DEL", "GC", "STATUS", "VERSION"),
    CNI_CONTAINERID("ADD", "CHECK", "DEL"),
    CNI_NETNS("ADD", "CHECK"),
    CNI_IFNAME("ADD", "CHECK", "DEL"),
    CNI_ARGS,
    CNI_PATH("ADD", "CHECK", "DEL", "GC", "STATUS");

    private final Set<String> requiredBy;

    CniVariable(String... requiredBy) {
        this.requiredBy = Set.of(requiredBy);
    }

    boolean isRequiredBy(String command) {
        return requiredBy.contains(command);
    }
}
