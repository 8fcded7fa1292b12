package io.virtdataplane.cli;

import io.virtdataplane.api.GetNodeStateRequest;
import io.virtdataplane.api.ListPfsRequest;
import io.virtdataplane.api.ListPfsResponse;
import io.virtdataplane.api.ListVfsRequest;
import io.virtdataplane.api.ListVfsResponse;
import io.virtdataplane.api.Pf;
import io.virtdataplane.api.SriovNodeState;
import io.virtdataplane.api.Vf;
import io.virtdataplane.api.WatchNodeStateRequest;
import java.io.PrintStream;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** What get and describe print of SR-IOV. */
final class SriovLists {
    static final Set<GetCommand.Kind> KINDS =
            EnumSet.of(
                    GetCommand.Kind.pfs,
                    GetCommand.Kind.vfs,
                    GetCommand.Kind.sriov_state,
                    GetCommand.Kind.sriov_policies,
                    GetCommand.Kind.sriov_networks);
    private final Client client;
    private final Output output;
    private final PrintStream out;

    SriovLists(Client client, Output output, PrintStream out) {
        this.client = client;
        this.output = output;
        this.out = out;
    }

    void print(GetCommand.Kind kind, String name, boolean watch) {
        switch (kind) {
            case pfs -> pfs(name);
            case vfs -> vfs(name);
            case sriov_state -> states(watch);
            case sriov_policies -> new SriovObjectLists(client, output, out).policies();
            case sriov_networks -> new SriovObjectLists(client, output, out).networks();
            case nics, sessions, leases, counters, bridges, fdb, vlans, policies, networks ->
                    throw new IllegalStateException("listed elsewhere");
        }
    }

    private void pfs(String name) {
        ListPfsResponse pfs = list(name);
        if (output.print(pfs, out)) {
            return;
        }
        Table table =
                output.isWide()
                        ? new Table(
                                "NAME",
                                "PCI",
                                "NIC",
                                "DRIVER",
                                "VFS",
                                "TOTAL",
                                "LINK",
                                "SPEED",
                                "NUMA",
                                "MTU",
                                "MAC",
                                "TYPE",
                                "ALT-NAMES",
                                "EXTERNAL")
                        : new Table("NAME", "PCI", "NIC", "DRIVER", "VFS", "TOTAL", "LINK", "NUMA");
        for (Pf pf : pfs.getPfsList()) {
            String nic = pf.getVendor() + ":" + pf.getDeviceId();
            String vfs = Integer.toString(pf.getNumVfs());
            String total = Integer.toString(pf.getTotalVfs());
            if (output.isWide()) {
                table.row(
                        pf.getName(),
                        pf.getPciAddress(),
                        nic,
                        pf.getDriver(),
                        vfs,
                        total,
                        pf.getLinkAdminState(),
                        pf.getLinkSpeed(),
                        number(pf.getNumaNode()),
                        Integer.toString(pf.getMtu()),
                        pf.getMac(),
                        pf.getLinkType(),
                        String.join(",", pf.getAltNamesList()),
                        Boolean.toString(pf.getExternallyManaged()));
            } else {
                table.row(
                        pf.getName(),
                        pf.getPciAddress(),
                        nic,
                        pf.getDriver(),
                        vfs,
                        total,
                        pf.getLinkAdminState(),
                        number(pf.getNumaNode()));
            }
        }
        table.print(out);
    }

    private ListPfsResponse list(String name) {
        return client.sriov().listPfs(ListPfsRequest.newBuilder().setPf(name).build());
    }

    private void vfs(String name) {
        ListVfsResponse vfs =
                client.sriov().listVfs(ListVfsRequest.newBuilder().setPf(name).build());
        if (!output.print(vfs, out)) {
            vfs(vfs.getVfsList());
        }
    }

    private void vfs(List<Vf> vfs) {
        Table table =
                output.isWide()
                        ? new Table(
                                "PF",
                                "VF",
                                "PCI",
                                "DRIVER",
                                "RESOURCE",
                                "USER",
                                "NIC",
                                "GROUP",
                                "NUMA",
                                "DEVICE",
                                "MTU",
                                "MAC",
                                "VLAN")
                        : new Table("PF", "VF", "PCI", "DRIVER", "RESOURCE", "USER");
        for (Vf vf : vfs) {
            String id = Integer.toString(vf.getVfId());
            if (output.isWide()) {
                table.row(
                        vf.getPf(),
                        id,
                        vf.getPciAddress(),
                        vf.getDriver(),
                        vf.getResourceName(),
                        vf.getUser(),
                        vf.getVendor() + ":" + vf.getDeviceId(),
                        number(vf.getIommuGroup()),
                        number(vf.getNumaNode()),
                        vf.getName(),
                        vf.getMtu() == 0 ? "" : Integer.toString(vf.getMtu()),
                        vf.getMac(),
                        vf.getVlan() == 0 ? "" : Integer.toString(vf.getVlan()));
            } else {
                table.row(
                        vf.getPf(),
                        id,
                        vf.getPciAddress(),
                        vf.getDriver(),
                        vf.getResourceName(),
                        vf.getUser());
            }
        }
        table.print(out);
    }

    private void states(boolean watch) {
        if (!watch) {
            state(client.sriov().getNodeState(GetNodeStateRequest.getDefaultInstance()));
            return;
        }
        Iterator<SriovNodeState> states =
                client.sriov().watchNodeState(WatchNodeStateRequest.getDefaultInstance());
        while (states.hasNext()) {
            state(states.next());
            out.flush();
        }
    }

    private void state(SriovNodeState state) {
        if (output.print(state, out)) {
            return;
        }
        Table table = new Table("STATUS", "POLICIES", "NETWORKS", "PFS", "ERROR");
        table.row(
                state.getSyncStatus(),
                String.join(",", state.getPoliciesList()),
                String.join(",", state.getNetworksList()),
                Integer.toString(state.getInterfacesCount()),
                state.getLastSyncError());
        table.print(out);
    }

    void describe(String name) {
        Pf pf = list(name).getPfs(0);
        if (output.print(pf, out)) {
            return;
        }
        line("Name", pf.getName());
        line("Alternative Names", none(String.join(", ", pf.getAltNamesList())));
        line("PCI Address", pf.getPciAddress());
        line("NIC", pf.getVendor() + ":" + pf.getDeviceId() + ", driver " + pf.getDriver());
        line("Mac", pf.getMac());
        line("MTU", Integer.toString(pf.getMtu()));
        line(
                "Link",
                (pf.getLinkType().isEmpty() ? "" : pf.getLinkType() + ", ")
                        + pf.getLinkAdminState()
                        + (pf.getLinkSpeed().isEmpty() ? "" : ", " + pf.getLinkSpeed()));
        line("NUMA Node", none(number(pf.getNumaNode())));
        line("VFs", pf.getNumVfs() + " of " + pf.getTotalVfs());
        line("Externally Managed", Boolean.toString(pf.getExternallyManaged()));
        if (pf.getVfsCount() > 0) {
            vfs(pf.getVfsList());
        }
    }

    private void line(String name, String value) {
        out.printf("%-20s %s%n", name + ":", value);
    }

    private static String none(String text) {
        return text.isEmpty() ? "none" : text;
    }

    /** Empty where there is none. */
    private static String number(int value) {
        return value < 0 ? "" : Integer.toString(value);
    }
}
