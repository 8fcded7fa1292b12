package io.virtdataplane.cli.view;

import io.virtdataplane.api.Bridge;
import io.virtdataplane.api.BridgePort;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.VlanCounters;
import java.io.PrintStream;
import java.util.List;

/** One bridge in full, with its ports. */
final class BridgeDescription implements Description<Bridge> {
    @Override
    public List<String> names() {
        return List.of("bridge");
    }

    @Override
    public Bridge fetch(Client client, String name) {
        return BridgeListing.all(client, Query.named(name)).getBridges(0);
    }

    @Override
    public void describe(Bridge bridge, boolean isWide, PrintStream out) {
        line(out, "Name", bridge.getName());
        line(out, "Description", bridge.getDescription());
        line(out, "VLAN filtering", bridge.getVlanFiltering() ? "on" : "off");
        line(out, "Ageing", bridge.getAgeingSeconds() + " s");
        line(out, "Multicast snooping", bridge.getMulticastSnooping() ? "on" : "off");
        line(out, "Group forward mask", Integer.toString(bridge.getGroupForwardMask()));
        line(out, "MTU", Integer.toString(bridge.getMtu()));
        line(out, "Stations", Integer.toString(bridge.getStations()));
        for (BridgePort port : bridge.getPortsList()) {
            port(out, port);
        }
        for (VlanCounters vlan : bridge.getVlansList()) {
            line(
                    out,
                    "VLAN " + vlan.getVlan(),
                    vlan.getFrames() + " frames, " + vlan.getBytes() + " bytes in");
        }
    }

    private static void port(PrintStream out, BridgePort port) {
        line(out, "Port", port.getName() + " (" + port.getKind() + ")");
        line(out, "  Device", port.getDevice() + " " + port.getNetns());
        line(out, "  Network", port.getNetwork());
        line(out, "  Mac", port.getMac());
        line(out, "  Address", port.getLeasedAddress());
        line(
                out,
                "  VLANs",
                "PVID "
                        + port.getPvid()
                        + ", untagged "
                        + port.getUntagged()
                        + (port.getTagged().isEmpty() ? "" : ", tagged " + port.getTagged()));
        line(out, "  Spoof guard", port.getSpoofGuard());
        line(out, "  Isolated", port.getIsolated() ? "yes" : "");
        line(out, "  Hairpin", port.getHairpin() ? "yes" : "");
        line(
                out,
                "  Frames",
                port.getCounters().getGuestFrames()
                        + " in, "
                        + port.getCounters().getToGuestFrames()
                        + " out, "
                        + port.getLearned()
                        + " stations");
        line(out, "  Fast path", fastPath(port));
        port.getCounters()
                .getVerdictsList()
                .forEach(
                        count ->
                                line(
                                        out,
                                        "  " + count.getVerdict(),
                                        count.getFrames() + ": " + count.getMeaning()));
        line(out, "  Withheld", port.getWithheld() == 0 ? "" : Long.toString(port.getWithheld()));
        line(
                out,
                "  Unlearned",
                port.getUnlearned() == 0 ? "" : Long.toString(port.getUnlearned()));
    }

    private static String fastPath(BridgePort port) {
        return port.getFastPath().equals("on")
                ? "on, has carried " + port.getCounters().getCarriedFrames() + " of them"
                : port.getFastPath();
    }

    /** Nothing where there is nothing to say. */
    private static void line(PrintStream out, String head, String words) {
        if (!words.isBlank()) {
            out.printf("%-22s %s%n", head + ":", words.strip());
        }
    }
}
