package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.attach.KeptState;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.MachineName;
import io.virtdataplane.manifest.MasqueradeInterface;
import io.virtdataplane.nat.NatPolicy;

/**
 * A request for a masquerade NIC, checked whole: nothing has been touched yet.
 *
 * @param nic with its machine's name
 * @param namespace of the machine, or empty
 * @param request what it was made of
 */
public record MasqueradeSpec(
        MasqueradeInterface nic,
        String namespace,
        PodSide pod,
        GuestSide guest,
        NatPolicy policy,
        AttachRequest request) {
    static MasqueradeSpec of(AttachRequest request, MachineManifest machine) {
        MasqueradeInterface nic = machine.podNic();
        MasqueradeInterface named = nic.ofMachine(MachineName.of(nic.machine(), request.getName()));
        PodSide pod = PodSide.of(request);
        GuestSide guest = GuestSide.of(request, nic);
        if (guest.device().name().equals(pod.uplink())) {
            throw new IllegalArgumentException(
                    "guest must not be the uplink: guest=" + guest.device());
        }
        NatPolicy policy = NatSettingsReader.policy(request.getNat(), nic);
        return new MasqueradeSpec(named, machine.namespace(), pod, guest, policy, request);
    }

    public String name() {
        return nic.machine() + "/" + nic.interfaceName();
    }

    /** Which service mesh has the guest's TCP, and why. */
    public MeshSettings mesh() {
        return MeshSettings.of(request.getNat(), nic);
    }

    String hostname() {
        return nic.hostname();
    }

    public String netns() {
        return pod.netns();
    }

    public String uplink() {
        return pod.uplink();
    }

    public String guestDevice() {
        return guest.device().toString();
    }

    /** Where the guest is when the NIC is opened. */
    VifState state() {
        return KeptState.of(request);
    }

    /** The guest may send only from the MAC address of its manifest. */
    public boolean pinsMac() {
        return guest.pinned();
    }

    /** The same NIC with the settings that {@code changes} has set. */
    MasqueradeSpec with(NatSettings changes) {
        AttachRequest changed = request.toBuilder().mergeNat(changes).build();
        return new MasqueradeSpec(
                nic,
                namespace,
                pod,
                guest,
                NatSettingsReader.policy(changed.getNat(), nic),
                changed);
    }
}
