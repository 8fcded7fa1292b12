package io.virtdataplane.daemon.attach;

import java.util.Map;
import java.util.Optional;

/**
 * A NIC with what Services select its machine by.
 *
 * @param name MACHINE/INTERFACE
 * @param namespace of the machine, or empty
 * @param labels of the machine's pod
 * @param nic empty: it is not attached
 * @param why it is not attached, in words; empty where it is
 */
public record LabelledNic(
        String name,
        String namespace,
        Map<String, String> labels,
        Optional<AttachedNic> nic,
        String why) {
    static LabelledNic of(AttachedNic nic, Map<String, String> labels) {
        return new LabelledNic(nic.name(), nic.namespace(), labels, Optional.of(nic), "");
    }

    public String machine() {
        return name.substring(0, name.indexOf('/'));
    }
}
