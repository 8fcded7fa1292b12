package io.virtdataplane.daemon.sriov;

import io.virtdataplane.manifest.MachineName;
import io.virtdataplane.manifest.SriovNic;
import io.virtdataplane.sriov.Allocations;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.SriovNetwork;
import io.virtdataplane.sriov.VfAttachments;
import io.virtdataplane.sriov.VfLink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Gives the sriov interfaces of a machine their VFs and takes them back; all of a request or none
 * of it. An allocation's owner is a {@link VfOwner}.
 */
public final class GuestVfs {
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

    /**
     * A VF that a guest's interface has been given.
     *
     * @param mac the VF's, as its driver keeps it
     */
    public record Given(
            VfOwner owner, SriovNic nic, SriovNetwork network, ResourceVf vf, long mac) {}

    /**
     * @param name of the machine where its manifest has none
     * @param pciAddresses of the VFs to have, one for each NIC; none: any of the networks'
     *     resources
     */
    public List<Given> attach(List<SriovNic> nics, String name, List<String> pciAddresses) {
        String machine = MachineName.of(nics.getFirst().machine(), name);
        if (!pciAddresses.isEmpty() && pciAddresses.size() != nics.size()) {
            throw new IllegalArgumentException(
                    "pci_addresses must be one for each sriov interface: pci_addresses="
                            + pciAddresses.size()
                            + " interfaces="
                            + nics.size());
        }
        if (pciAddresses.isEmpty() && kubeletAllocates.getAsBoolean()) {
            // Two who choose would choose the same VF.
            throw new SriovException(
                    "pci_addresses must be given where a kubelet allocates VFs (see PCIDEVICE_... in the pod's environment)");
        }
        Optional<Map<String, String>> podByDevice = node.kubelet().ask();
        node.cards().lock();
        try {
            node.report(attachments.putBackUnfinished());
            node.kubelet().compare(podByDevice);
            List<Wanted> wanted = new ArrayList<>();
            for (int i = 0; i < nics.size(); i++) {
                String only = pciAddresses.isEmpty() ? "" : pciAddresses.get(i);
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
    private record Wanted(VfOwner owner, SriovNic nic, SriovNetwork network, String only) {}

    private Wanted wanted(String machine, SriovNic nic, String only) {
        VfOwner owner = VfOwner.of(nic.namespace(), machine, nic.interfaceName());
        SriovNetwork network =
                networks.find(nic.network())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "network must be applied first: network="
                                                        + nic.network()
                                                        + " interface="
                                                        + owner));
        for (VfOwner other : owners()) {
            if (other.mayBe(owner)) {
                throw new SriovException(
                        "interface must not have a VF already: interface=" + other);
            }
        }
        return new Wanted(owner, nic, network, only);
    }

    private List<Given> attach(List<Wanted> wanted) {
        String id = UUID.randomUUID().toString();
        try {
            List<Given> given = new ArrayList<>();
            Map<String, List<ResourceVf>> vfsByResource = ResourceVf.byResource(node.state());
            for (Wanted each : wanted) {
                given.add(attach(id, each, vfsByResource));
            }
            attachments.settle(id);
            return given;
        } catch (RuntimeException e) {
            List<String> left = attachments.rollBack(id);
            if (left.isEmpty()) {
                throw e;
            }
            node.report(left);
            throw new SriovException(e.getMessage() + "; " + String.join("; ", left), e);
        }
    }

    private Given attach(String id, Wanted wanted, Map<String, List<ResourceVf>> vfsByResource) {
        SriovNetwork network = wanted.network();
        List<ResourceVf> candidates =
                vfsByResource.getOrDefault(network.resourceName(), List.of()).stream()
                        .filter(vf -> wanted.only().isEmpty() || vf.address().equals(wanted.only()))
                        .toList();
        ResourceVf vf =
                attachments.attach(
                        new VfAttachments.Claim(
                                id, wanted.owner().toString(), !wanted.only().isEmpty()),
                        network,
                        candidates,
                        wanted.nic().mac());
        long mac = link.read(vf.pf().name(), vf.vf().index()).mac();
        return new Given(wanted.owner(), wanted.nic(), network, vf, mac);
    }

    /**
     * Addresses of the VFs taken back; none where the machine has none. Throws where one could not
     * be put back, after all have had their turn; a pass tries it again.
     *
     * @param namespace of the machine; may be empty where one machine only has the name
     * @param name MACHINE or MACHINE/INTERFACE
     */
    public List<String> detach(String namespace, String name) {
        node.cards().lock();
        try {
            List<String> addresses = new ArrayList<>();
            List<String> left = new ArrayList<>();
            for (VfOwner owner : named(namespace, name)) {
                try {
                    addresses.addAll(attachments.detach(owner.toString()));
                } catch (SriovException e) {
                    left.add(e.getMessage());
                }
            }
            node.report(left);
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

    private List<VfOwner> named(String namespace, String name) {
        List<VfOwner> named = owners().stream().filter(owner -> owner.isNamed(name)).toList();
        if (!namespace.isEmpty()) {
            List<VfOwner> within = of(namespace, named);
            return within.isEmpty() ? of("", named) : within; // of an earlier version: may be it
        }
        List<String> namespaces = named.stream().map(VfOwner::namespace).distinct().toList();
        if (namespaces.size() > 1) {
            throw new IllegalArgumentException(
                    "namespace must be given, several namespaces have a machine of this name: name="
                            + name
                            + " machines="
                            + named);
        }
        return named;
    }

    private static List<VfOwner> of(String namespace, List<VfOwner> owners) {
        return owners.stream().filter(owner -> owner.namespace().equals(namespace)).toList();
    }

    private List<VfOwner> owners() {
        return allocations.owners().values().stream()
                .distinct()
                .sorted()
                .map(VfOwner::parse)
                .toList();
    }
}
