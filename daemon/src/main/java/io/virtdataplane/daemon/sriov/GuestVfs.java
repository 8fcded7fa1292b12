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
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the sriov interfaces of a machine their VFs and takes them back; all of a request or none
 * of it. An allocation's owner is MACHINE/INTERFACE.
 */
final class GuestVfs {
    private static final Logger LOG = LoggerFactory.getLogger(GuestVfs.class);
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
        try {
            report(attachments.putBackUnfinished());
            node.kubelet().compare();
            List<Wanted> wanted = new ArrayList<>();
            for (int i = 0; i < nics.size(); i++) {
                String only = addresses == 0 ? "" : request.getPciAddresses(i);
                wanted.add(wanted(machine, nics.get(i), only));
            }
            return attach(wanted);
        } finally {
            node.cards().unlock();
            node.changed();
        }
    }

    /**
     * What one interface asks for, looked at before anything is changed.
     *
     * @param only address of the VF to have; empty: any of the network's resource
     */
    private record Wanted(String owner, SriovNic nic, SriovNetwork network, String only) {}

    private Wanted wanted(String machine, SriovNic nic, String only) {
        String owner = machine + "/" + nic.interfaceName();
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
        return new Wanted(owner, nic, network, only);
    }

    private AttachVfResponse attach(List<Wanted> wanted) {
        String id = UUID.randomUUID().toString();
        try {
            AttachVfResponse.Builder response = AttachVfResponse.newBuilder();
            Map<String, List<ResourceVf>> vfsByResource = ResourceVf.byResource(node.state());
            for (Wanted each : wanted) {
                response.addVfs(attach(id, each, vfsByResource));
            }
            attachments.settle(id);
            return response.build();
        } catch (RuntimeException e) {
            List<String> left = attachments.rollBack(id);
            if (left.isEmpty()) {
                throw e;
            }
            report(left);
            throw new SriovException(e.getMessage() + "; " + String.join("; ", left), e);
        }
    }

    /** A VF that is not put back yet: a pass tries again, now and until it is. */
    private void report(List<String> left) {
        if (!left.isEmpty()) {
            left.forEach(reason -> LOG.warn("tried again with each pass: {}", reason));
            node.wantPass();
        }
    }

    private AttachedVf attach(
            String id, Wanted wanted, Map<String, List<ResourceVf>> vfsByResource) {
        SriovNetwork network = wanted.network();
        List<ResourceVf> candidates =
                vfsByResource.getOrDefault(network.resourceName(), List.of()).stream()
                        .filter(vf -> wanted.only().isEmpty() || vf.address().equals(wanted.only()))
                        .toList();
        ResourceVf vf =
                attachments.attach(
                        new VfAttachments.Claim(id, wanted.owner(), !wanted.only().isEmpty()),
                        network,
                        candidates,
                        wanted.nic().mac());
        return AttachedVf.newBuilder()
                .setName(wanted.owner())
                .setNetwork(wanted.nic().network())
                .setResourceName(network.resourceName())
                .setPf(vf.pf().name())
                .setVfId(vf.vf().index())
                .setPciAddress(vf.address())
                .setVfioDevice("/dev/vfio/" + vf.vf().pci().iommuGroup())
                .setNumaNode(vf.vf().pci().numaNode())
                .setMac(MacText.of(link.read(vf.pf().name(), vf.vf().index()).mac()))
                .setHostdevXml(HostDevice.xml(vf.address(), wanted.nic().interfaceName()))
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
     * Addresses of the VFs taken back; none where the machine has none. Throws where one could not
     * be put back, after all have had their turn; a pass tries it again.
     *
     * @param name MACHINE or MACHINE/INTERFACE
     */
    List<String> detach(String name) {
        node.cards().lock();
        try {
            List<String> addresses = new ArrayList<>();
            List<String> left = new ArrayList<>();
            for (String owner : new TreeSet<>(allocations.owners().values())) {
                if (owner.equals(name) || owner.startsWith(name + "/")) {
                    try {
                        addresses.addAll(attachments.detach(owner));
                    } catch (SriovException e) {
                        left.add(e.getMessage());
                    }
                }
            }
            report(left);
            if (!left.isEmpty()) {
                throw new SriovException(
                        String.join("; ", left)
                                + (addresses.isEmpty()
                                        ? ""
                                        : "; detached: " + String.join(", ", addresses)));
            }
            return addresses;
        } finally {
            node.cards().unlock();
            node.changed();
        }
    }
}
