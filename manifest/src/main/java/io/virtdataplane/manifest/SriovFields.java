package io.virtdataplane.manifest;

/**
 * The fields of SriovNetworkNodePolicies and SriovNetworks, as the operator's API has them, and
 * what becomes of each. Nobody else configures a card, so nothing is left to others.
 */
final class SriovFields {
    static final FieldTable POLICY =
            FieldTable.of(
                            "deviceType",
                            "eSwitchMode",
                            "excludeTopology",
                            "externallyManaged",
                            "isRdma",
                            "linkType",
                            "mtu",
                            "needVhostNet",
                            "nicSelector",
                            "nodeSelector",
                            "numVfs",
                            "priority",
                            "resourceName",
                            "vdpaType")
                    .refusing(
                            "a bridge of Open vSwitch needs eSwitchMode switchdev, which is not supported (leave it out: VFs in eSwitchMode legacy need no bridge)",
                            "bridge");

    static final FieldTable NIC_SELECTOR =
            FieldTable.of("deviceID", "pfNames", "rootDevices", "vendor")
                    .refusing(
                            "it needs the API of a cloud (select the NIC by vendor, deviceID, pfNames or rootDevices)",
                            "netFilter");

    static final FieldTable NETWORK =
            FieldTable.of(
                    "capabilities",
                    "ipam",
                    "linkState",
                    "logFile",
                    "logLevel",
                    "maxTxRate",
                    "metaPlugins",
                    "minTxRate",
                    "networkNamespace",
                    "resourceName",
                    "spoofChk",
                    "trust",
                    "vlan",
                    "vlanProto",
                    "vlanQoS");

    private SriovFields() {}
}
