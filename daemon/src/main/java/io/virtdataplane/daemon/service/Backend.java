package io.virtdataplane.daemon.service;

import io.virtdataplane.manifest.ServiceSpec.Family;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A machine as Services see it.
 *
 * @param machine NAMESPACE/NAME
 * @param labels of its pod
 * @param nic empty: clients cannot reach it
 * @param why it has no NIC for them, in words; empty where it has
 */
public record Backend(
        String machine, Map<String, String> labels, Optional<PodNic> nic, String why) {
    private static final int LONGEST_LABEL = 63;

    /**
     * Its NIC on the pod network.
     *
     * @param number in {@code Attachments}
     * @param address of the pod, as high and low long, by family; a family that it has not is not
     *     there
     */
    public record PodNic(int number, String name, Map<Family, Address> address, Ports ports) {}

    /** Of 128 bits, as {@link io.virtdataplane.wire.Ip} has them. */
    public record Address(long high, long low) {}

    /** Which ports of the pod's are the guest's. */
    public interface Ports {
        /** Of an IP protocol number. */
        boolean isOpen(int protocol, int port);

        /** That the machine lists by that name; empty: it lists none. */
        OptionalInt named(String name, int protocol);

        /** Why a Service's target is not open, in words; empty: it is. */
        default String closed(int protocol, int port) {
            return isOpen(protocol, port)
                    ? ""
                    : "must be an open port of the machine: open=" + words();
        }

        /** All that are open, in words: "TCP/22,TCP/80", or "all". */
        String words();
    }

    /** With the labels that KubeVirt gives each pod of a machine. */
    public static Backend of(
            String machine, Map<String, String> own, Optional<PodNic> nic, String why) {
        Map<String, String> labels = new HashMap<>(own);
        labels.put("kubevirt.io", "virt-launcher");
        String name = machine.substring(machine.indexOf('/') + 1);
        if (name.length() <= LONGEST_LABEL) {
            labels.put("vm.kubevirt.io/name", name);
        }
        return new Backend(machine, Map.copyOf(labels), nic, why);
    }

    boolean has(Map<String, String> all) {
        return labels.entrySet().containsAll(all.entrySet());
    }

    String namespace() {
        return machine.substring(0, machine.indexOf('/'));
    }
}
