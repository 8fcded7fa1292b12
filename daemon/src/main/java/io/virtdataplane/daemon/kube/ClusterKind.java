package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;

/** Kinds of custom resources that we read or write, as the API server names them. */
public enum ClusterKind {
    VIRTUAL_MACHINE("kubevirt.io", "v1", "VirtualMachine", "virtualmachines", true),
    VIRTUAL_MACHINE_INSTANCE(
            "kubevirt.io", "v1", "VirtualMachineInstance", "virtualmachineinstances", true),
    NETWORK_DEFINITION(
            "k8s.cni.cncf.io",
            "v1",
            "NetworkAttachmentDefinition",
            "network-attachment-definitions",
            true),
    NODE_NETWORK_POLICY(
            "nmstate.io",
            "v1",
            "NodeNetworkConfigurationPolicy",
            "nodenetworkconfigurationpolicies",
            false),
    NODE_NETWORK_ENACTMENT(
            "nmstate.io",
            "v1beta1",
            "NodeNetworkConfigurationEnactment",
            "nodenetworkconfigurationenactments",
            false),
    NODE_NETWORK_STATE("nmstate.io", "v1beta1", "NodeNetworkState", "nodenetworkstates", false),
    SRIOV_NETWORK("sriovnetwork.openshift.io", "v1", "SriovNetwork", "sriovnetworks", true),
    SRIOV_POLICY(
            "sriovnetwork.openshift.io",
            "v1",
            "SriovNetworkNodePolicy",
            "sriovnetworknodepolicies",
            true),
    SRIOV_NODE_STATE(
            "sriovnetwork.openshift.io",
            "v1",
            "SriovNetworkNodeState",
            "sriovnetworknodestates",
            true),
    /** Ours: what a machine's NICs are like, since its own status has another writer. */
    MACHINE_NETWORK_STATE(
            "virtdataplane.io",
            "v1",
            "VirtualMachineNetworkState",
            "virtualmachinenetworkstates",
            true);

    private final ResourceDefinitionContext context;

    ClusterKind(String group, String version, String kind, String plural, boolean isNamespaced) {
        context =
                new ResourceDefinitionContext.Builder()
                        .withGroup(group)
                        .withVersion(version)
                        .withKind(kind)
                        .withPlural(plural)
                        .withNamespaced(isNamespaced)
                        .build();
    }

    /** For {@code KubernetesClient.genericKubernetesResources}. */
    public ResourceDefinitionContext context() {
        return context;
    }

    /** "nmstate.io/v1". */
    public String apiVersion() {
        return context.getGroup() + "/" + context.getVersion();
    }

    /** As objects say it in their field kind. */
    public String kind() {
        return context.getKind();
    }
}
