package io.virtdataplane.manifest;

import java.util.Map;
import java.util.Set;

/**
 * The fields of a NetworkAttachmentDefinition, and the keys of the CNI configurations that it may
 * hold: of the plugins bridge (cnv-bridge) and tuning (cnv-tuning). A plugin passes over keys that
 * it does not have; here they are named in a warning.
 */
final class NetworkDefinitionFields {
    static final FieldTable SPEC = FieldTable.of("config");

    /** Of every configuration; what is not read asks nothing of a bridge's port. */
    static final Set<String> COMMON =
            Set.of(
                    "args",
                    "capabilities",
                    "cniVersion",
                    "cniVersions",
                    "description",
                    "disableCheck",
                    "disableGC",
                    "dns",
                    "loadOnlyInlinedPlugins",
                    "name",
                    "plugins",
                    "prevResult",
                    "runtimeConfig",
                    "type");

    static final Set<String> BRIDGE =
            Set.of(
                    "bridge",
                    "disableContainerInterface",
                    "enabledad",
                    "forceAddress",
                    "hairpinMode",
                    "ipMasq",
                    "ipMasqBackend",
                    "ipam",
                    "isDefaultGateway",
                    "isGateway",
                    "mac",
                    "macspoofchk",
                    "mtu",
                    "portIsolation",
                    "preserveDefaultVlan",
                    "promiscMode",
                    "vlan",
                    "vlanTrunk");

    static final Set<String> TUNING =
            Set.of("allmulti", "dataDir", "mac", "mtu", "promisc", "sysctl");

    static final Set<String> TRUNK = Set.of("id", "maxID", "minID");

    /** Why a plugin that is chained behind a bridge is refused. */
    static final Map<String, String> REASON_BY_CHAINED =
            Map.of(
                    "bandwidth", "rates of guests are not limited",
                    "firewall", "no firewall is kept for a bridge's port",
                    "portmap", "a bridge's port has no address to map ports to",
                    "sbr", "a bridge's port has no routes",
                    "vrf", "a bridge's port has no routes");

    /** Plugins whose names could be mistaken for ours. */
    static final Set<String> NOT_MISTYPED = Set.of("win-bridge", "ovs-bridge");

    private NetworkDefinitionFields() {}
}
