package io.virtdataplane.manifest;

/** What a NIC of a machine is connected to. */
public sealed interface NicNetwork {
    /** The pod's own network, with the networks that masquerade gives the guest. */
    record Pod(Cidr cidr, Ipv6Cidr ipv6Cidr) implements NicNetwork {}

    /**
     * A network by a NetworkAttachmentDefinition.
     *
     * @param namespace of the definition; empty: that of the machine
     */
    record Multus(String namespace, String name) implements NicNetwork {}

    /** A device by a claim; what network it is on, the manifest does not say. */
    record Claim() implements NicNetwork {}
}
