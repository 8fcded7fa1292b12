package io.virtdataplane.cli;

import io.virtdataplane.api.ListSriovNetworksRequest;
import io.virtdataplane.api.ListSriovNetworksResponse;
import io.virtdataplane.api.ListSriovPoliciesRequest;
import io.virtdataplane.api.ListSriovPoliciesResponse;
import io.virtdataplane.api.SriovNetworkSettings;
import io.virtdataplane.api.SriovPolicy;
import java.io.PrintStream;

/** What get prints of the SR-IOV objects that were applied. */
final class SriovObjectLists {
    private final Client client;
    private final Output output;
    private final PrintStream out;

    SriovObjectLists(Client client, Output output, PrintStream out) {
        this.client = client;
        this.output = output;
        this.out = out;
    }

    void policies() {
        ListSriovPoliciesResponse policies =
                client.sriov().listPolicies(ListSriovPoliciesRequest.getDefaultInstance());
        if (output.print(policies, out)) {
            return;
        }
        Table table =
                new Table("NAME", "RESOURCE", "PRIORITY", "NUM-VFS", "DEVICE-TYPE", "MTU", "PFS");
        for (SriovPolicy policy : policies.getPoliciesList()) {
            table.row(
                    policy.getName(),
                    policy.getResourceName(),
                    Integer.toString(policy.getPriority()),
                    Integer.toString(policy.getNumVfs()),
                    policy.getDeviceType() + (policy.getIsRdma() ? ",rdma" : ""),
                    policy.getMtu() == 0 ? "" : Integer.toString(policy.getMtu()),
                    String.join(",", policy.getPfsList()));
        }
        table.print(out);
    }

    void networks() {
        ListSriovNetworksResponse networks =
                client.sriov().listNetworks(ListSriovNetworksRequest.getDefaultInstance());
        if (output.print(networks, out)) {
            return;
        }
        Table table =
                new Table(
                        "NAME",
                        "RESOURCE",
                        "VLAN",
                        "QOS",
                        "SPOOF-CHK",
                        "TRUST",
                        "LINK-STATE",
                        "TX-RATE");
        for (SriovNetworkSettings network : networks.getNetworksList()) {
            table.row(
                    network.getName(),
                    network.getResourceName(),
                    Integer.toString(network.getVlan()),
                    Integer.toString(network.getVlanQos()),
                    network.getSpoofChk(),
                    network.getTrust(),
                    network.getLinkState(),
                    rate(network));
        }
        table.print(out);
    }

    /** LEAST-MOST in Mbit/s. */
    private static String rate(SriovNetworkSettings network) {
        int least = network.getMinTxRate();
        int most = network.getMaxTxRate();
        return least < 0 && most < 0
                ? ""
                : Math.max(least, 0) + "-" + (most <= 0 ? "" : Integer.toString(most));
    }
}
