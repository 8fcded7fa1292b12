package io.virtdataplane.manifest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.virtdataplane.sriov.SriovNetwork;
import java.util.Set;

/**
 * Reads the configuration of the CNI plugin sriov (sriov-cni 2.10). Keys match in either case as
 * there, unknown ones are passed over. What the daemon does not do is refused.
 */
final class CniVfConfig {
    private static final Set<String> KEYS =
            Set.of(
                    "args",
                    "deviceID",
                    "ipam",
                    "link_state",
                    "logFile",
                    "logLevel",
                    "mac",
                    "max_tx_rate",
                    "min_tx_rate",
                    "name",
                    "resourceName",
                    "runtimeConfig",
                    "spoofchk",
                    "trust",
                    "vlan",
                    "vlanProto",
                    "vlanQoS");
    private static final String PROTOCOL_RULE =
            "invalid: value must be one of 802.1Q or 802.1ad: vlanProto=";
    private static final int LAST_VLAN = 4094;
    private static final int LAST_PRIORITY = 7;

    private CniVfConfig() {}

    static CniVf read(Fields given, String macOfArguments) {
        Fields config = given.inEitherCase(KEYS);
        String address = address(config);
        SriovNetwork network =
                new SriovNetwork(
                        new SriovNetwork.Identity(
                                config.text("name", ""), "", "", config.text("resourceName", "")),
                        vlan(config),
                        switches(config),
                        new SriovNetwork.Rates(
                                rate(config, "min_tx_rate"), rate(config, "max_tx_rate")),
                        new SriovNetwork.Cni("", "", "", config.text("logLevel", ""), ""));
        try {
            network.check();
        } catch (IllegalArgumentException e) {
            throw new InvalidManifestException(e.getMessage());
        }
        checkNoAddresses(config);
        return new CniVf(address, network, mac(config, macOfArguments));
    }

    /** What a runtime says for this call counts more than what stands in the configuration. */
    private static String address(Fields config) {
        String address =
                config.object("runtimeConfig").text("deviceID", config.text("deviceID", ""));
        if (address.isEmpty()) {
            throw new InvalidManifestException(
                    "VF pci addr is required: deviceID is empty (Multus gives it where the NetworkAttachmentDefinition has the annotation k8s.v1.cni.cncf.io/resourceName)");
        }
        return address;
    }

    private static SriovNetwork.Vlan vlan(Fields config) {
        String protocol = config.text("vlanProto", "");
        if (!config.isGiven("vlan") && (config.isGiven("vlanQoS") || !protocol.isEmpty())) {
            throw new InvalidManifestException(
                    "vlan id must be configured to set vlan QoS/proto: vlan is missing");
        }
        long id = config.number("vlan", -1);
        if (config.isGiven("vlan") && (id < 0 || id > LAST_VLAN)) {
            throw new InvalidManifestException(
                    "vlan id " + id + " invalid: value must be in the range 0-4094: vlan=" + id);
        }
        long priority = config.number("vlanQoS", 0);
        if (priority < 0 || priority > LAST_PRIORITY) {
            throw new InvalidManifestException(
                    "vlan QoS PCP "
                            + priority
                            + " invalid: value must be in the range 0-7: vlanQoS="
                            + priority);
        }
        boolean isKnown =
                protocol.isEmpty()
                        || protocol.equalsIgnoreCase("802.1q")
                        || protocol.equalsIgnoreCase("802.1ad");
        if (!isKnown) {
            throw new InvalidManifestException(
                    "vlan Proto " + protocol + " " + PROTOCOL_RULE + protocol);
        }
        return new SriovNetwork.Vlan((int) id, (int) priority, protocol);
    }

    private static SriovNetwork.Switches switches(Fields config) {
        String linkState = config.text("link_state", "");
        if (!Set.of("", "auto", "enable", "disable").contains(linkState)) {
            throw new InvalidManifestException(
                    "invalid link_state value: it must be auto, enable or disable: link_state="
                            + linkState);
        }
        return new SriovNetwork.Switches(
                SriovNetworkNodePolicyManifest.oneOf(config, "spoofchk", "on", "off"),
                SriovNetworkNodePolicyManifest.oneOf(config, "trust", "on", "off"),
                linkState);
    }

    private static int rate(Fields config, String name) {
        return config.isGiven(name)
                ? SriovNetworkNodePolicyManifest.number(config, name, 0, Integer.MAX_VALUE, 0)
                : -1;
    }

    private static void checkNoAddresses(Fields config) {
        String ipam = config.object("ipam").text("type", "");
        if (!ipam.isEmpty()) {
            throw config.error(
                    "ipam",
                    "must be empty: a virtual machine does not get its address by IPAM (give it by cloud-init)",
                    ipam);
        }
    }

    private static long mac(Fields config, String macOfArguments) {
        long runtime = CniBridgeConfig.mac(config.object("runtimeConfig"));
        long arguments = CniBridgeConfig.mac(config.object("args").object("cni"));
        if (runtime != 0 || arguments != 0) {
            return runtime != 0 ? runtime : arguments;
        }
        long given = CniBridgeConfig.mac(config);
        return macOfArguments.isEmpty()
                ? given
                : CniBridgeConfig.mac(
                        new Fields(
                                JsonNodeFactory.instance.objectNode().put("mac", macOfArguments)));
    }
}
