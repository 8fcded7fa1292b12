package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.api.AttachVfRequest;
import io.virtdataplane.daemon.api.AttachVfResponse;
import io.virtdataplane.daemon.api.AttachedVf;
import io.virtdataplane.daemon.manifest.SriovNic;
import io.virtdataplane.daemon.manifest.SriovNicsManifest;
import io.virtdataplane.sriov.Allocations;
import io.virtdataplane.sriov.HostDevice;
import io.virtdataplane.sriov.MacText;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.SriovNetwork;
import io.virtdataplane.sriov.VfAttachments;
import io.virtdataplane.sriov.VfLink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * Gives the sriov interfaces of a machine their VFs and takes them back; all of a request or none
 * of it. An allocation's owner is MACHINE/INTERFACE.
 */
final class GuestVfs {
    private final SriovNode node;
    private final SriovNetworks networks;
    private final Allocations allocations;
    private final VfAttachments attachments;
    private final VfLink link;
    private final BooleanSupplier kubeletAllocates;

    GuestVfs(
            SriovNode node,
            SriovNetworks networks,
            Allocations allocations,
            VfAttachments attachments,
            VfLink link,
            BooleanSupplier kubeletAllocates) {
        this.node = node;
        this.networks = networks;
        this.allocations = allocations;
        this.attachments = attachments;
        this.link = link;
        this.kubeletAllocates = kubeletAllocates;
    }

    AttachVfResponse attach(AttachVfRequest request) {
        List<SriovNic> nics = SriovNicsManifest.parse(request.getManifest());
        String machine = machine(nics.getFirst(), request.getName());
        int addresses = request.getPciAddressesCount();
        if (addresses != 0 && addresses != nics.size()) {
            throw new IllegalArgumentException(
                    "pci_addresses must be one for each sriov interface: pci_addresses="
                            + addresses
                            + " interfaces="
                            + nics.size());
        }
        if (addresses == 0 && kubeletAllocates.getAsBoolean()) {
            // Two who choose would choose the same VF.
            throw new SriovException(
                    "pci_addresses must be given where the kubelet allocates: they are in PCIDEVICE_ of the pod's environment");
        }
        node.cards().lock();
        List<String> attached = new ArrayList<>();
        try {
            AttachVfResponse.Builder response = AttachVfResponse.newBuilder();
            Map<String, List<ResourceVf>> vfsByResource = ResourceVf.byResource(node.state());
            for (int i = 0; i < nics.size(); i++) {
                String owner = machine + "/" + nics.get(i).interfaceName();
                String only = addresses == 0 ? "" : request.getPciAddresses(i);
                response.addVfs(attach(owner, nics.get(i), only, vfsByResource));
                attached.add(owner);
            }
            return response.build();
        } catch (RuntimeException e) {
            attached.forEach(owner -> takeBack(owner, e));
            throw e;
        } finally {
            node.cards().unlock();
            node.changed();
        }
    }

    private void takeBack(String owner, RuntimeException cause) {
        try {
            attachments.detach(owner);
        } catch (SriovException e) {
            cause.addSuppressed(e); // the allocation has ended all the same
        }
    }

    private AttachedVf attach(
            String owner, SriovNic nic, String only, Map<String, List<ResourceVf>> vfsByResource) {
        SriovNetwork network =
                networks.find(nic.network())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "network must be applied before: network="
                                                        + nic.network()
                                                        + " interface="
                                                        + owner));
        if (allocations.owners().containsValue(owner)) {
            throw new SriovException("interface must not have a VF already: interface=" + owner);
        }
        List<ResourceVf> candidates =
                vfsByResource.getOrDefault(network.resourceName(), List.of()).stream()
                        .filter(vf -> only.isEmpty() || vf.address().equals(only))
                        .toList();
        ResourceVf vf = attachments.attach(owner, network, candidates, nic.mac());
        return AttachedVf.newBuilder()
                .setName(owner)
                .setNetwork(nic.network())
                .setResourceName(network.resourceName())
                .setPf(vf.pf().name())
                .setVfId(vf.vf().index())
                .setPciAddress(vf.address())
                .setVfioDevice("/dev/vfio/" + vf.vf().pci().iommuGroup())
                .setNumaNode(vf.vf().pci().numaNode())
                .setMac(MacText.of(link.read(vf.pf().name(), vf.vf().index()).mac()))
                .setHostdevXml(HostDevice.xml(vf.address(), nic.interfaceName()))
                .build();
    }

    private static String machine(SriovNic nic, String name) {
        String machine = nic.machine().isEmpty() ? name : nic.machine();
        if (!machine.matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")) {
            throw new IllegalArgumentException(
                    "name must be a DNS name in lower case where the manifest has no metadata.name: name="
                            + machine);
        }
        return machine;
    }

    /**
     * Addresses of the VFs taken back; none where the machine has none.
     *
     * @param name MACHINE or MACHINE/INTERFACE
     */
    List<String> detach(String name) {
        node.cards().lock();
        try {
            List<String> addresses = new ArrayList<>();
            for (String owner : new TreeSet<>(allocations.owners().values())) {
                if (owner.equals(name) || owner.startsWith(name + "/")) {
                    addresses.addAll(attachments.detach(owner));
                }
            }
            return addresses;
        } finally {
            node.cards().unlock();
            node.changed();
        }
    }
}
