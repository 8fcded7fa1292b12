package io.virtdataplane.daemon.sriov;

import io.virtdataplane.manifest.MachineName;

/**
 * The interface that has a VF. Its text is NAMESPACE/MACHINE/INTERFACE; that of an earlier version
 * was MACHINE/INTERFACE.
 *
 * @param namespace empty: of an earlier version, nobody knows which
 */
public record VfOwner(String namespace, String machine, String interfaceName) {
    /** The owner of an attachment to come. */
    static VfOwner of(String namespace, String machine, String interfaceName) {
        return new VfOwner(
                MachineName.checkedNamespace(namespace),
                MachineName.checked(machine),
                interfaceName);
    }

    static VfOwner parse(String text) {
        String[] parts = text.split("/", 3);
        return switch (parts.length) {
            case 3 -> new VfOwner(parts[0], parts[1], parts[2]);
            case 2 -> new VfOwner("", parts[0], parts[1]);
            default -> new VfOwner("", text, ""); // a damaged file
        };
    }

    /** {@code name}: MACHINE, MACHINE/INTERFACE, or all of it. */
    boolean isNamed(String name) {
        return name.equals(machine)
                || name.equals(machine + "/" + interfaceName)
                || name.equals(toString());
    }

    /** The same interface, or one that may be it. */
    boolean mayBe(VfOwner other) {
        return machine.equals(other.machine)
                && interfaceName.equals(other.interfaceName)
                && (namespace.equals(other.namespace)
                        || namespace.isEmpty()
                        || other.namespace.isEmpty());
    }

    @Override
    public String toString() {
        String name = interfaceName.isEmpty() ? machine : machine + "/" + interfaceName;
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }
}
