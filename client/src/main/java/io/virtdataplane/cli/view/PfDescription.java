package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListPfsRequest;
import io.virtdataplane.api.Pf;
import java.io.PrintStream;
import java.util.List;

/** One PF in full, with its VFs. */
final class PfDescription implements Description<Pf> {
    @Override
    public List<String> names() {
        return List.of("pf");
    }

    @Override
    public Pf fetch(Client client, String name) {
        return client.sriov().listPfs(ListPfsRequest.newBuilder().setPf(name).build()).getPfs(0);
    }

    @Override
    public void describe(Pf pf, boolean isWide, PrintStream out) {
        line(out, "Name", pf.getName());
        line(out, "Alternative Names", none(String.join(", ", pf.getAltNamesList())));
        line(out, "PCI Address", pf.getPciAddress());
        line(out, "NIC", pf.getVendor() + ":" + pf.getDeviceId() + ", driver " + pf.getDriver());
        line(out, "Mac", pf.getMac());
        line(out, "MTU", Integer.toString(pf.getMtu()));
        line(
                out,
                "Link",
                (pf.getLinkType().isEmpty() ? "" : pf.getLinkType() + ", ")
                        + pf.getLinkAdminState()
                        + (pf.getLinkSpeed().isEmpty() ? "" : ", " + pf.getLinkSpeed()));
        line(out, "NUMA Node", none(Cells.number(pf.getNumaNode())));
        line(out, "VFs", pf.getNumVfs() + " of " + pf.getTotalVfs());
        line(out, "Externally Managed", Boolean.toString(pf.getExternallyManaged()));
        if (pf.getVfsCount() > 0) {
            new VfListing().printTable(pf.getVfsList(), isWide, out);
        }
    }

    private static void line(PrintStream out, String name, String value) {
        out.printf("%-20s %s%n", name + ":", value);
    }

    private static String none(String text) {
        return text.isEmpty() ? "none" : text;
    }
}
