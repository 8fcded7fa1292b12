package io.virtdataplane.daemon.control;

import io.virtdataplane.api.AttachVfResponse;
import io.virtdataplane.api.AttachedVf;
import io.virtdataplane.api.Pf;
import io.virtdataplane.api.RenderedNetwork;
import io.virtdataplane.api.SriovNetworkSettings;
import io.virtdataplane.api.SriovPolicy;
import io.virtdataplane.api.Vf;
import io.virtdataplane.daemon.sriov.GuestVfs;
import io.virtdataplane.sriov.DefinitionText;
import io.virtdataplane.sriov.HostDevice;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.PfPlan;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.SriovNetwork;
import io.virtdataplane.sriov.VfAttributes;
import io.virtdataplane.sriov.VfGroup;
import io.virtdataplane.sriov.VfLink;
import io.virtdataplane.sriov.VirtualFunction;
import io.virtdataplane.wire.AddressText;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the API says of cards and networks. */
final class SriovViews {
    private SriovViews() {}

    static List<Pf> pfs(NodeState state, VfLink link) {
        return state.interfaces().stream().map(pf -> pf(pf, state, link)).toList();
    }

    private static Pf pf(PhysicalFunction pf, NodeState state, VfLink link) {
        Pf.Builder view =
                Pf.newBuilder()
                        .setName(pf.name())
                        .setPciAddress(pf.address())
                        .setVendor(pf.pci().vendor())
                        .setDeviceId(pf.pci().deviceId())
                        .setDriver(pf.pci().driver())
                        .setMac(pf.netdev().mac())
                        .setMtu(pf.netdev().mtu())
                        .setLinkSpeed(pf.netdev().speed())
                        .setLinkType(pf.netdev().linkType())
                        .addAllAltNames(pf.netdev().altNames())
                        .setLinkAdminState(pf.netdev().up() ? "up" : "down")
                        .setNumaNode(pf.pci().numaNode())
                        .setTotalVfs(pf.totalVfs())
                        .setNumVfs(pf.numVfs());
        for (PfPlan plan : state.plans()) {
            if (plan.address().equals(pf.address())) {
                view.setExternallyManaged(plan.externallyManaged());
            }
        }
        Map<Integer, VfAttributes> kept = kept(pf, link);
        for (VirtualFunction vf : pf.vfs()) {
            Vf.Builder seen = vf(pf, vf, state).toBuilder();
            VfAttributes attributes = kept.get(vf.index());
            if (attributes != null) {
                seen.setVlan(attributes.vlan().id());
                if (seen.getMac().isEmpty() && attributes.mac() != 0) {
                    seen.setMac(AddressText.mac(attributes.mac()));
                }
            }
            view.addVfs(seen);
        }
        return view.build();
    }

    /** What the PF's driver keeps of its VFs; a PF elsewhere or just gone tells nothing. */
    private static Map<Integer, VfAttributes> kept(PhysicalFunction pf, VfLink link) {
        if (pf.vfs().isEmpty() || !pf.netdev().exists()) {
            return Map.of();
        }
        try {
            return link.read(pf.name());
        } catch (SriovException e) {
            return Map.of();
        }
    }

    private static Vf vf(PhysicalFunction pf, VirtualFunction vf, NodeState state) {
        String resource =
                state.plans().stream()
                        .filter(plan -> plan.address().equals(pf.address()))
                        .flatMap(plan -> plan.groupOf(vf).stream())
                        .map(VfGroup::resourceName)
                        .findFirst()
                        .orElse("");
        return Vf.newBuilder()
                .setVfId(vf.index())
                .setPciAddress(vf.address())
                .setPf(pf.name())
                .setVendor(vf.pci().vendor())
                .setDeviceId(vf.pci().deviceId())
                .setDriver(vf.pci().driver())
                .setName(vf.netdev().name())
                .setMac(vf.netdev().mac())
                .setMtu(vf.netdev().mtu())
                .setNumaNode(vf.pci().numaNode())
                .setIommuGroup(vf.pci().iommuGroup())
                .setResourceName(resource)
                .setUser(state.userByAddress().getOrDefault(vf.address(), ""))
                .build();
    }

    /**
     * @param selected names of those that are for this node
     */
    static List<SriovPolicy> policies(
            List<NodePolicy> policies, NodeState state, Set<String> selected) {
        return policies.stream()
                .map(policy -> policy(policy, state, selected.contains(policy.name())))
                .toList();
    }

    private static SriovPolicy policy(NodePolicy policy, NodeState state, boolean isForThisNode) {
        SriovPolicy.Builder view =
                SriovPolicy.newBuilder()
                        .setName(policy.name())
                        .setResourceName(policy.resourceName())
                        .setPriority(policy.priority())
                        .setNumVfs(policy.numVfs())
                        .setMtu(policy.mtu())
                        .setDeviceType(policy.deviceType().toString())
                        .setIsRdma(policy.isRdma())
                        .setExternallyManaged(policy.externallyManaged())
                        .setStatus(isForThisNode ? "Selected" : "NoMatchingNode");
        for (PfPlan plan : state.plans()) {
            plan.groups().stream()
                    .filter(group -> group.policyName().equals(policy.name()))
                    .forEach(group -> view.addPfs(plan.name() + "#" + group.range()));
        }
        return view.build();
    }

    static SriovNetworkSettings settings(SriovNetwork network) {
        return SriovNetworkSettings.newBuilder()
                .setName(network.definitionName())
                .setResourceName(network.resourceName())
                .setVlan(network.vlan().id())
                .setVlanQos(network.vlan().qos())
                .setVlanProto(network.vlan().protocol())
                .setSpoofChk(network.switches().spoofChk())
                .setTrust(network.switches().trust())
                .setLinkState(network.switches().linkState())
                .setMinTxRate(network.rates().minTx())
                .setMaxTxRate(network.rates().maxTx())
                .build();
    }

    static AttachVfResponse attached(List<GuestVfs.Given> given) {
        AttachVfResponse.Builder response = AttachVfResponse.newBuilder();
        given.forEach(each -> response.addVfs(attached(each)));
        return response.build();
    }

    private static AttachedVf attached(GuestVfs.Given given) {
        ResourceVf vf = given.vf();
        return AttachedVf.newBuilder()
                .setNamespace(given.owner().namespace())
                .setName(given.owner().machine() + "/" + given.owner().interfaceName())
                .setNetwork(given.nic().network())
                .setResourceName(given.network().resourceName())
                .setPf(vf.pf().name())
                .setVfId(vf.vf().index())
                .setPciAddress(vf.address())
                .setVfioDevice(vf.vf().pci().vfioDevice())
                .setNumaNode(vf.vf().pci().numaNode())
                .setMac(AddressText.mac(given.mac()))
                .setHostdevXml(HostDevice.xml(vf.address(), given.nic().interfaceName()))
                .build();
    }

    static RenderedNetwork rendered(SriovNetwork network, String resourcePrefix) {
        DefinitionText attachment = new DefinitionText(network, resourcePrefix);
        return RenderedNetwork.newBuilder()
                .setName(network.definitionName())
                .setJson(attachment.json())
                .setYaml(attachment.yaml())
                .setConfig(attachment.config())
                .build();
    }
}
